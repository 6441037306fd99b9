package api

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"ringside/api/dialer"
	"ringside/campaign"
	"ringside/funnel"
)

// stateParam reads a state of messages; left out it is that by default.
func stateParam(c *gin.Context, usual campaign.State) (campaign.State, error) {
	text, given := c.GetQuery("state")
	if !given {
		return usual, nil
	}
	return campaign.ParseState(text)
}

// getMessages lists kept messages of a source, a page at a time, as they came. They
// hold whatever the dialer sent, phone numbers too.
func (s *Server) getMessages(c *gin.Context) error {
	src, err := s.source(c.Request.Context(), c.Param("source"))
	if err != nil {
		return err
	}
	state, err := stateParam(c, campaign.Parked)
	if err != nil {
		return err
	}
	limit, after, err := pageParams(c)
	if err != nil {
		return err
	}
	// One more than is shown tells whether there is a next page.
	messages, err := s.store.Messages(c.Request.Context(), src.Number, state, campaign.MessageKey{CampaignNumber: after.AtMs, Number: after.Number}, limit+1)
	if err != nil {
		return err
	}
	var d document
	d.open('{').name("messages").open('[')
	for i := range messages[:min(limit, len(messages))] {
		if err := d.message(src, &messages[i]); err != nil {
			return err
		}
	}
	d.close(']')
	d.name("next")
	if len(messages) > limit {
		last := messages[limit-1].MessageKey
		d.text(encodeCursor(funnel.Cursor{AtMs: last.CampaignNumber, Number: last.Number}))
	} else {
		d.null()
	}
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}

func (d *document) message(src *source, m *campaign.KeptMessage) error {
	raw, err := src.reader.Kind.Unpack(m.Packed)
	if err != nil {
		return err
	}
	d.open('{')
	d.name("message").text(strconv.FormatInt(m.CampaignNumber, 10) + "." + strconv.FormatInt(m.Number, 10))
	d.name("state").text(m.State.String())
	d.name("reason").textOrNull(m.Reason)
	if queue, ok := campaign.QueueOf(m.Campaign); ok {
		d.name("campaign").null()
		d.name("queue").text(queue)
	} else if m.Campaign == campaign.ServiceKey { // an agent's state
		d.name("campaign").null()
		d.name("queue").null()
	} else {
		d.name("campaign").textOrNull(m.Campaign)
		d.name("queue").null()
	}
	d.name("received_at").instant(m.ReceivedMs)
	d.name("repeats").int(m.Repeats)
	if utf8.Valid(raw) {
		d.name("raw").text(string(raw))
		d.name("encoding").text("text")
	} else {
		d.name("raw").text(base64.StdEncoding.EncodeToString(raw))
		d.name("encoding").text("base64")
	}
	d.close('}')
	return nil
}

// replaySlice is how many messages are read anew at a time.
const replaySlice = 500

// postReplay reads kept messages anew: those that are parked, by what the source and
// the campaigns say now; or those that are applied, by statuses and fields that were
// changed since. Applied ones stay in their campaign.
func (s *Server) postReplay(c *gin.Context) error {
	ctx := c.Request.Context()
	src, err := s.source(ctx, c.Param("source"))
	if err != nil {
		return err
	}
	state, err := stateParam(c, campaign.Parked)
	if err != nil {
		return err
	}
	var done kept
	read := 0
	for after := (campaign.MessageKey{}); ; {
		messages, err := s.store.Messages(ctx, src.Number, state, after, replaySlice)
		if err != nil {
			return err
		}
		slice, n, err := s.replay(c, src, messages)
		if err != nil {
			return err
		}
		read += n
		done.applied, done.parked, done.refused = done.applied+slice.applied, done.parked+slice.parked, done.refused+slice.refused
		if len(messages) < replaySlice {
			break
		}
		after = messages[len(messages)-1].MessageKey
	}
	var d document
	d.open('{')
	d.name("read").int(int64(read))
	d.name("applied").int(int64(done.applied))
	d.name("parked").int(int64(done.parked))
	d.name("refused").int(int64(done.refused))
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}

// replay reads a slice of kept messages anew.
func (s *Server) replay(c *gin.Context, src *source, messages []campaign.KeptMessage) (done kept, read int, err error) {
	var all []unread
	for i := range messages {
		m := &messages[i]
		raw, err := src.reader.Kind.Unpack(m.Packed)
		if err != nil {
			return kept{}, 0, err
		}
		one := unread{Message: dialer.Message{Raw: raw, ReceivedMs: m.ReceivedMs}, again: &m.MessageKey, stays: m.Campaign}
		if all = append(all, one); !one.Beside() {
			read++
		}
		if strings.HasPrefix(m.Reason, unreadable) {
			all = append(all[:len(all)-1], src.splitAgain(all[len(all)-1])...)
		}
	}
	done, err = s.keep(c.Request.Context(), src, all)
	return done, read, err
}
