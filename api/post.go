package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

type recordStore interface {
	// Record stores versions of facts of one campaign and counts them, in one
	// transaction. Refused posts leave their neighbours alone, unless atomic.
	Record(ctx context.Context, campaignKey string, posts []*campaign.Version, atomic bool) (campaign.Receipt, error)
}

// Limits of one post.
const (
	bodyMost       = 64 << 20
	arrayItemsMost = 100_000
	atomicMost     = 10_000
	lineBytesMost  = 1 << 20
	// A long stream is committed in pieces of so many items, or earlier when they
	// are large: this bounds what one post holds in memory.
	pieceItems = 5_000
	pieceBytes = 8 << 20
)

func (s *Server) postLeads(c *gin.Context) error    { return s.postTo(c, campaign.LeadForm) }
func (s *Server) postAttempts(c *gin.Context) error { return s.postTo(c, campaign.AttemptForm) }
func (s *Server) postCalls(c *gin.Context) error    { return s.postTo(c, campaign.CallForm) }
func (s *Server) postOutcomes(c *gin.Context) error { return s.postTo(c, campaign.OutcomeForm) }

// postTo takes facts of the campaign in the path.
func (s *Server) postTo(c *gin.Context, form *campaign.Form) error {
	into, err := s.here(c)
	if err != nil {
		return err
	}
	return s.post(c, form, &into)
}

// post takes one object, an array or a stream of facts. into is nil where each
// item names its campaign.
func (s *Server) post(c *gin.Context, form *campaign.Form, into *campaign.Campaign) error {
	atomic, err := boolParam(c, "atomic")
	if err != nil {
		return err
	}
	stream, err := contentType(c.Request)
	if err != nil {
		return err
	}
	p := s.posting(c, form, into)
	p.atomic = atomic
	if stream {
		err = p.readStream(c.Request.Body)
	} else {
		err = p.readDocument(c)
	}
	if err == nil {
		err = p.commit()
	}
	if err != nil {
		return p.explain(err)
	}
	status := http.StatusOK
	if p.receipt.accepted() == 0 {
		status = p.receipt.refusedStatus()
	}
	send(c, status, p.receipt.document())
	return nil
}

// posting begins a post of the caller's.
func (s *Server) posting(c *gin.Context, form *campaign.Form, into *campaign.Campaign) *posting {
	p := &posting{ctx: c.Request.Context(), store: s.store, form: form, into: into, shares: may(keyOf(c), shareCosts), everywhere: !keyOf(c).Bound()}
	p.campaign = func(name string) (campaign.Campaign, error) {
		if name == campaign.ServiceKey && p.everywhere {
			return s.store.Service(p.ctx)
		}
		return s.campaign(c, name)
	}
	return p
}

// contentType tells a stream from a JSON document and refuses anything else.
func contentType(r *http.Request) (stream bool, err error) {
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return false, newProblem(http.StatusUnsupportedMediaType, "unsupported_encoding", "Content-Encoding",
			fmt.Sprintf("Content-Encoding %q is not taken; send the body as it is, without compression", coding))
	}
	given := r.Header.Get("Content-Type")
	media, params, _ := mime.ParseMediaType(given)
	charset := params["charset"]
	if charset == "" || strings.EqualFold(charset, "utf-8") {
		switch media {
		case "application/json":
			return false, nil
		case "application/x-ndjson":
			return true, nil
		}
	}
	return false, newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "Content-Type",
		fmt.Sprintf("Content-Type %q is not taken; send application/json (an object or an array) or application/x-ndjson (one object a line), in UTF-8", given))
}

// readBody reads a whole body of at most bodyMost bytes.
func readBody(c *gin.Context) ([]byte, error) {
	if c.Request.ContentLength > bodyMost {
		return nil, &http.MaxBytesError{Limit: bodyMost}
	}
	body, err := hold(c, http.MaxBytesReader(c.Writer, c.Request.Body, bodyMost))
	var tooLarge *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLarge) {
		return nil, cutShort(err)
	}
	return body, err
}

// cutShort says why a body was not read to its end.
func cutShort(err error) error {
	var told *problem
	if errors.As(err, &told) {
		return told
	}
	return brokenOff
}

var brokenOff = newProblem(http.StatusBadRequest, "incomplete_body", "", "the body broke off before its end; send it all again; nothing was stored")

// posting is one POST of facts under way.
type posting struct {
	ctx   context.Context
	store Store
	form  *campaign.Form
	// into is the campaign that the path names, if it does.
	into *campaign.Campaign
	// campaign finds the campaign an item names, as far as the caller's key may know.
	campaign func(name string) (campaign.Campaign, error)
	atomic   bool
	// shares says that the caller may post costs of no campaign.
	shares bool
	// everywhere says that the caller is bound to nothing.
	everywhere bool
	receipt    receipt

	// The piece in hand: what was read since the last commit.
	versions []*campaign.Version
	indexes  []int // of versions in the whole post
	refused  []refusal
	bytes    int
	items    int // all items read so far
	// refs are the campaigns' refs by what items called them.
	refs map[string]string
}

// readDocument reads a JSON object or array; nothing is stored before all of it
// was read.
func (p *posting) readDocument(c *gin.Context) error {
	body, err := readBody(c)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return newProblem(http.StatusBadRequest, "empty_body", "", "the body is empty; send a JSON object, an array of them, or NDJSON")
	}
	if !campaign.IsArray(body) {
		v, err := p.form.Decode(body)
		return p.place(p.take(v, err))
	}
	err = p.form.DecodeArray(body, func(_ int, v *campaign.Version, rejected *campaign.Rejected) error {
		if p.items == arrayItemsMost {
			return &campaign.Error{Kind: campaign.TooLarge, Code: "too_many_items",
				Message: fmt.Sprintf("the array has more than %d items; send smaller arrays, or NDJSON (application/x-ndjson), which may be of any length; nothing was stored", arrayItemsMost)}
		}
		if rejected != nil {
			return p.take(nil, rejected)
		}
		return p.take(v, nil)
	})
	if err == nil && p.items == 0 {
		err = campaign.Invalidf("empty_array", "", "the array is empty; send at least one item")
	}
	return p.place(err)
}

// place adds to unreadable JSON which item it stands in.
func (p *posting) place(err error) error {
	var syntax *campaign.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	placed, _ := problemOf(err)
	placed.item = p.items
	return placed
}

// readStream reads one item a line and commits them in pieces. A line that cannot
// be read is a rejected item; reading goes on.
func (p *posting) readStream(body io.Reader) error {
	lines := newLineReader(body)
	for {
		line, tooLong, err := lines.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return cutShort(err)
		}
		if err := p.takeLine(line, tooLong); err != nil {
			return err
		}
		if p.atomic && p.bytes > bodyMost {
			return &http.MaxBytesError{Limit: bodyMost}
		}
		if !p.atomic && (len(p.versions)+len(p.refused) >= pieceItems || p.bytes >= pieceBytes) {
			if err := p.commit(); err != nil {
				return err
			}
		}
	}
	if p.items == 0 {
		return campaign.Invalidf("empty_stream", "", "the stream holds no items; send one JSON object a line")
	}
	return nil
}

func (p *posting) takeLine(line []byte, tooLong bool) error {
	p.bytes += len(line)
	if tooLong {
		return p.take(nil, &campaign.Rejected{Err: campaign.Invalidf("line_too_long", "",
			"the line is over the limit of %d bytes; send one item a line, each ended by a line feed", lineBytesMost)})
	}
	v, err := p.form.Decode(line)
	if syntax, ok := err.(*campaign.SyntaxError); ok {
		err = &campaign.Rejected{Err: campaign.Invalidf("invalid_json", syntax.Field, "%s (counted from the start of the line); send one JSON object a line", syntax.Error())}
	}
	return p.take(v, err)
}

// take adds the next item, as read or as refused.
func (p *posting) take(v *campaign.Version, err error) error {
	if err == nil && v.Kind == campaign.KindMeasure {
		if wrong := funnel.CheckMeasure(v.Text(campaign.MeasureName)); wrong != nil {
			err = &campaign.Rejected{Ref: v.Ref, Err: wrong}
		}
	}
	rejected, refused := err.(*campaign.Rejected)
	switch {
	case refused:
		p.refused = append(p.refused, refusal{p.items, rejected.Ref, rejected.Err})
	case err != nil:
		return err
	default:
		p.byRef(v)
		p.versions = append(p.versions, v)
		p.indexes = append(p.indexes, p.items)
	}
	p.items++
	if p.atomic && p.items > atomicMost {
		return &campaign.Error{Kind: campaign.TooLarge, Code: "too_many_items",
			Message: fmt.Sprintf("an atomic post takes at most %d items; send fewer, or leave atomic out; nothing was stored", atomicMost)}
	}
	return nil
}

// explain tells the caller of a failed post what of it is stored all the same.
func (p *posting) explain(err error) error {
	if p.receipt.accepted() == 0 {
		return err
	}
	told, known := problemOf(err)
	if !known {
		return err
	}
	copied := *told
	copied.detail = strings.Replace(copied.detail, "; nothing was stored", "", 1) +
		fmt.Sprintf(". Of the items before that, %d are stored and %d were rejected; sending everything again is safe", p.receipt.accepted(), p.receipt.rejectedTotal)
	return &copied
}
