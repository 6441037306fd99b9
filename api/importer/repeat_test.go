package importer

import (
	"fmt"
	"strings"
	"testing"
)

const repeatMapping = `{
	"ref":"c{id}", "lead":"{id}",
	"columns": {"agent":"who","disposition":"y","wrap_s":"wrap","amount":"eur"},
	"constants": {"result":"answered","answered_by":"human"},
	"times": {"started_at":{"template":"{at}","layout":"2006-01-02 15:04","zone":"Europe/Lisbon"}},
	"plus": {"ended_at":{"base":"started_at","seconds":"talk"}},
	"repeat": {"count":"n","step_s":3600,"first":{"result":"no_answer","ended_by":"system","wrap_s":5}}
}`

func TestRepeat(t *testing.T) {
	r, err := Open(strings.NewReader("id,who,at,n,talk,y,wrap,eur\n"+
		"1,Ann,2026-03-29 03:00,3,10,SALE,1.0,9.90\n"+ // the night the clock goes forward
		"2,Ann,2026-05-01 09:00,1,20,NOSALE,,\n"+
		"3,Ann,2026-05-01 09:00,0,20,,,\n"+
		"4,,2026-05-01 09:00,2,,,,\n"+
		"5,Ann,2026-05-01 09:00,two,,,,\n"+
		"6,Ann,2026-05-01 09:00,-1,,,,\n"+
		"7,Ann,2026-05-01 09:00,,,,,\n"+
		"8,Ann,2026-05-01 09:00,1001,,,,\n"+
		"9,Ann,2026-05-01 09:00,99999999999999999999,,,,\n"), "attempts", mapping(t, repeatMapping))
	if err != nil {
		t.Fatal(err)
	}
	same(t, drain(t, r), `
2 {"ref":"c1-0001","lead":"1","agent":"Ann","started_at":"2026-03-29T00:00:00Z","result":"no_answer","ended_by":"system","wrap_s":5}
2 {"ref":"c1-0002","lead":"1","agent":"Ann","started_at":"2026-03-29T02:00:00+01:00","result":"no_answer","ended_by":"system","wrap_s":5}
2 {"ref":"c1-0003","lead":"1","agent":"Ann","started_at":"2026-03-29T03:00:00+01:00","result":"answered","answered_by":"human","ended_at":"2026-03-29T03:00:10+01:00","wrap_s":1.0,"disposition":"SALE","amount":"9.90"}
3 {"ref":"c2-0001","lead":"2","agent":"Ann","started_at":"2026-05-01T09:00:00+01:00","result":"answered","answered_by":"human","ended_at":"2026-05-01T09:00:20+01:00","disposition":"NOSALE"}
5 {"ref":"c4-0001","lead":"4","started_at":"2026-05-01T08:00:00+01:00","result":"no_answer","ended_by":"system","wrap_s":5}
5 {"ref":"c4-0002","lead":"4","started_at":"2026-05-01T09:00:00+01:00","result":"answered","answered_by":"human"}
!6 repeat: column "n" is "two", not a whole number of attempts
!7 repeat: column "n" is "-1", not a whole number of attempts
!8 repeat: column "n" is "", not a whole number of attempts
!9 repeat: column "n" is 1001; a row may stand for at most 1000 attempts
!10 repeat: column "n" is 99999999999999999999; a row may stand for at most 1000 attempts
`)
	if c := r.Counts(); c != (Counts{Rows: 9, Items: 6, Refused: 5, NoAttempts: 1}) {
		t.Errorf("got %+v", c)
	}
}

func TestRepeatRefsSortAsTheyWereDialed(t *testing.T) {
	got := importText(t, "attempts", repeatMapping, "id,who,at,n,talk,y,wrap,eur\n1,,2026-05-01 09:00,1000,,,,\n")
	lines := strings.Split(strings.TrimSpace(got), "\n")
	if len(lines) != MaxRepeat {
		t.Fatalf("%d attempts", len(lines))
	}
	for i, line := range lines {
		if want := fmt.Sprintf(`2 {"ref":"c1-%04d"`, i+1); !strings.HasPrefix(line, want) {
			t.Fatalf("attempt %d is %s", i+1, line)
		}
	}
}

func TestRepeatReadsAStartTakenAsItIs(t *testing.T) {
	const m = `{"columns":{"ref":"id","lead":"id","started_at":"at"},"constants":{"result":"busy"},
		"repeat":{"count":"n","step_s":0.5,"first":{"result":"no_answer","agent":null}}}`
	same(t, importText(t, "attempts", m, "id,at,n\n1,2026-05-01T09:00:00+02:00,2\n2,nine,1\n"), `
2 {"ref":"1-0001","lead":"1","started_at":"2026-05-01T08:59:59.5+02:00","result":"no_answer"}
2 {"ref":"1-0002","lead":"1","started_at":"2026-05-01T09:00:00+02:00","result":"busy"}
!3 started_at: "nine" is not an RFC 3339 instant with an offset such as 2026-11-02T09:00:00+01:00; describe other forms under times
`)
}
