package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"

	"ringside/api/dialer"
	"ringside/campaign"
)

// Taken counts what became of lines that a source sent.
type Taken struct {
	Accepted int `json:"accepted"`
	Parked   int `json:"parked"`
	Refused  int `json:"refused"`
}

// LogSource sees to it that there is a source of that ref whose queue_log can be taken. One
// that is not there yet is made by the config, as PUT /v1/sources/{ref} takes it, or else
// leads names to campaigns and queues of the same ref.
func (s *Server) LogSource(ctx context.Context, ref string, config []byte) error {
	src, err := s.source(ctx, ref)
	if isNotFound(err) {
		if config == nil {
			config = fmt.Appendf(nil, `{"kind":%q,"auth":{"type":"header","secret":%q}}`, dialer.AsteriskQueueLog.Name, rand.Text())
		}
		if _, _, err = s.keepSource(ctx, ref, func() ([]byte, error) { return config, nil }); err == nil {
			src, err = s.source(ctx, ref)
		}
	}
	if err == nil && src.reader.Kind != dialer.AsteriskQueueLog {
		err = campaign.Invalidf("wrong_kind", "source", "the source %q is of kind %s; name one of kind %s", ref, src.Kind, dialer.AsteriskQueueLog.Name)
	}
	return err
}

// TakeLines takes lines of a source's file as its hook does: one that was or will be posted
// by tail, too, is the same message.
func (s *Server) TakeLines(ctx context.Context, ref string, lines []byte) (Taken, error) {
	src, err := s.source(ctx, ref)
	if err != nil {
		return Taken{}, err
	}
	r := &dialer.Request{Method: http.MethodPost, Path: "/tail", Header: http.Header{}, Body: lines, ReceivedMs: s.now().UnixMilli()}
	done, err := s.keep(ctx, src, src.split(r))
	return Taken{done.applied, done.parked, done.refused}, err
}
