package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"ringside/api/dialer"
	"ringside/campaign"
	"ringside/funnel"
)

const (
	// doctorMost is how many messages of a source the doctor reads, the newest.
	doctorMost = 20_000
	// doctorUsual is how far back the doctor looks unless told otherwise.
	doctorUsual = 7 * 24 * time.Hour
)

// getDoctor says what a source sent, what became of it, and what is wrong with it.
func (s *Server) getDoctor(c *gin.Context) error {
	ctx := c.Request.Context()
	src, err := s.source(ctx, c.Param("source"))
	if err != nil {
		return err
	}
	span, err := s.doctorWindow(c, src)
	if err != nil {
		return err
	}
	doctor := dialer.NewDoctor(&src.reader, span.ToMs)
	known := &mappings{server: s, ctx: ctx, of: map[string]map[string]campaign.Meaning{}}
	doctor.Mapped = known.maps
	if doctor.Beside, err = s.toldBeside(ctx, src, span); err != nil {
		return err
	}
	if doctor.LeftOut, err = s.newest(ctx, src, span, doctor.Hear); err == nil {
		err = known.failed
	}
	if err != nil {
		return err
	}
	send(c, http.StatusOK, diagnosis(src, span, doctor.Diagnose(), doctor.LeftOut))
	return nil
}

// doctorWindow reads from and to; a date begins in the source's zone.
func (s *Server) doctorWindow(c *gin.Context, src *source) (funnel.Window, error) {
	zone := src.reader.Zone
	if zone == nil {
		zone = time.UTC
	}
	calendar := campaign.NewCalendar(zone)
	// What arrived just now is seen, too.
	span := funnel.Between{To: campaign.AtInstant(s.now().UnixMilli() + 1)}
	var err error
	if text := c.Query("to"); text != "" {
		if span.To, err = readMoment("to", text); err != nil {
			return funnel.Window{}, err
		}
	}
	span.From = campaign.AtInstant(span.To.In(calendar) - doctorUsual.Milliseconds())
	if text := c.Query("from"); text != "" {
		if span.From, err = readMoment("from", text); err != nil {
			return funnel.Window{}, err
		}
	}
	return span.Cut(calendar)
}

// newest reads the newest messages of a source anew.
func (s *Server) newest(ctx context.Context, src *source, span funnel.Window, hear func(dialer.KeptMessage)) (more bool, err error) {
	messages, more, err := s.store.NewestMessages(ctx, src.Number, span.FromMs, span.ToMs, doctorMost)
	if err != nil {
		return false, err
	}
	for i := range messages {
		m := &messages[i]
		raw, err := src.reader.Kind.Unpack(m.Packed)
		if err != nil {
			return false, err
		}
		hear(dialer.KeptMessage{Message: dialer.Message{Raw: raw, ReceivedMs: m.ReceivedMs}, State: m.State, Reason: m.Reason, Campaign: m.Campaign, Repeats: m.Repeats})
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
	}
	return more, nil
}

// mappings are the codes that campaigns give a meaning by themselves.
type mappings struct {
	server *Server
	ctx    context.Context
	of     map[string]map[string]campaign.Meaning
	failed error
}

// maps reports whether a campaign gives a code a meaning; none does that is not there.
func (m *mappings) maps(ref, code string) bool {
	if m.of[ref] == nil {
		m.of[ref] = map[string]campaign.Meaning{}
		if found, err := m.server.store.Campaign(m.ctx, ref); err == nil {
			m.of[ref] = found.Meanings()
		} else if !isNotFound(err) {
			m.failed = err
		}
	}
	_, mapped := m.of[ref][code]
	return mapped
}

// toldBeside are the keys of calls that sources of the kind tell which completes this
// one; nil where there is no such source.
func (s *Server) toldBeside(ctx context.Context, src *source, span funnel.Window) (keys map[string]bool, err error) {
	if src.reader.Kind.Beside() == "" {
		return nil, nil
	}
	all, err := s.store.Sources(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		other, err := s.source(ctx, all[i].Ref)
		if err != nil {
			return nil, err
		}
		if other.Kind != src.reader.Kind.Beside() {
			continue
		}
		if keys == nil {
			keys = map[string]bool{}
		}
		_, err = s.newest(ctx, other, span, func(m dialer.KeptMessage) {
			reading, _ := other.read(unread{Message: m.Message})
			for _, key := range reading.Calls {
				keys[key] = true
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// diagnosis writes what the doctor says.
func diagnosis(src *source, span funnel.Window, said dialer.Diagnosis, more bool) document {
	var d document
	d.open('{')
	d.name("source").text(src.Ref)
	d.name("kind").text(src.Kind)
	d.name("from").instant(span.FromMs)
	d.name("to").instant(span.ToMs)
	d.name("messages").open('{')
	d.name("read").int(said.Applied + said.Parked + said.Refused)
	d.name("applied").int(said.Applied)
	d.name("parked").int(said.Parked)
	d.name("refused").int(said.Refused)
	d.name("repeats").int(said.Repeats)
	d.name("older_left_out").bool(more)
	d.close('}')
	d.name("findings").open('[')
	for _, f := range said.Findings {
		d.open('{')
		d.name("level").text(f.Level)
		d.name("code").text(f.Code)
		d.name("text").text(f.Text)
		d.close('}')
	}
	d.close(']')
	d.name("reasons").open('[')
	for _, t := range said.Reasons {
		d.open('{')
		d.name("state").text(t.State)
		d.name("reason").text(t.Text)
		d.name("count").int(t.Count)
		d.close('}')
	}
	d.close(']')
	d.name("unmapped").open('[')
	for _, t := range said.Unmapped {
		d.open('{')
		d.name("code").text(t.Text)
		d.name("count").int(t.Count)
		d.close('}')
	}
	d.close(']')
	d.close('}')
	return d
}
