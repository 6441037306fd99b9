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

// diagnosed is what the doctor says of a source over a window.
type diagnosed struct {
	src  *source
	span funnel.Window
	said dialer.Diagnosis
	// more says that older messages of the window were left out.
	more bool
}

// getDoctor says what a source sent, what became of it, and what is wrong with it.
func (s *Server) getDoctor(c *gin.Context) error {
	d, err := s.diagnose(c)
	if err != nil {
		return err
	}
	send(c, http.StatusOK, diagnosis(d.src, d.span, d.said, d.more))
	return nil
}

// diagnose looks at the messages of the source that the path names.
func (s *Server) diagnose(c *gin.Context) (d diagnosed, err error) {
	ctx := c.Request.Context()
	if d.src, err = s.source(ctx, c.Param("source")); err != nil {
		return d, err
	}
	if d.span, err = s.doctorWindow(c, d.src); err != nil {
		return d, err
	}
	doctor := dialer.NewDoctor(&d.src.reader, d.span.ToMs)
	known := &mappings{server: s, ctx: ctx, of: map[string]map[string]campaign.Meaning{}}
	doctor.Mapped = known.maps
	if doctor.Beside, err = s.toldBeside(ctx, d.src, d.span); err != nil {
		return d, err
	}
	if doctor.LeftOut, err = s.newest(ctx, d.src, d.span, doctor.Hear); err == nil {
		err = known.failed
	}
	d.said, d.more = doctor.Diagnose(), doctor.LeftOut
	return d, err
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
