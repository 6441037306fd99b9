package api

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

type exportStore interface {
	// FactPage returns the next facts of a kind after a number, at most limit, in
	// the order in which they became known.
	FactPage(ctx context.Context, campaignKey string, kind campaign.Kind, after int64, limit int) (funnel.FactPage, error)
}

// exportPage is how many facts are read at a time: it bounds what an export holds
// in memory, and how long it reads one state of the database.
const exportPage = 1000

// Export hands out all facts of a campaign that a form can tell, as posts in that
// form: posted again they make the same facts. Facts that become known after it
// began are left out; each is as it was when its page was read.
type Export struct {
	Form *campaign.Form
	// Format is ndjson or csv. NDJSON is complete. A cell of CSV cannot tell a field
	// that was cleared from one that was never given.
	Format string
	// Phones says whether to hand out what is a phone number or may hold one.
	// Otherwise such fields are left out rather than masked: a mask that is posted
	// again would overwrite the number.
	Phones bool
}

// NewExport reads what to export: the name of a collection and, if not empty, of a
// format.
func NewExport(collection, format string) (e Export, err error) {
	if e.Form = campaign.FormOf(collection); e.Form == nil {
		return e, campaign.Invalidf("invalid_choice", "collection", "%q cannot be exported; leads, attempts, outcomes and costs can", collection)
	}
	e.Format, err = readFormat(format, formatNDJSON, formatCSV)
	return e, err
}

// readFormat reads the name of a format, of which the first is the default.
func readFormat(name string, known ...string) (string, error) {
	if name == "" {
		return known[0], nil
	}
	if !slices.Contains(known, name) {
		return "", campaign.Invalidf("invalid_choice", "format", "%q is not a format here; it is one of %s", name, strings.Join(known, ", "))
	}
	return name, nil
}

// Write writes the export in pieces and tells after each how far it has come.
// Nothing is written when the campaign cannot be read at all; after any other
// error the export is cut short.
func (e Export) Write(ctx context.Context, store exportStore, campaignKey string, out io.Writer, progress func(done, of int64)) error {
	t := newTable(e.Format, e.Form.Columns())
	end := campaign.None
	for after := int64(0); ; {
		page, err := e.page(ctx, store, campaignKey, after)
		if err != nil {
			return err
		}
		if end == campaign.None {
			end = page.Of
		}
		for _, fact := range page.Facts {
			if err := e.rows(t, &page.Campaign, fact); err != nil {
				return err
			}
		}
		if _, err := out.Write(t.body); err != nil {
			return err
		}
		t.body = t.body[:0]
		if after = page.Last; after == 0 || after >= end {
			progress(end, end)
			return nil
		}
		progress(after, end)
	}
}

func (e Export) page(ctx context.Context, store exportStore, campaignKey string, after int64) (funnel.FactPage, error) {
	ctx, cancel := context.WithTimeout(ctx, readMost)
	defer cancel()
	return store.FactPage(ctx, campaignKey, e.Form.Kind, after, exportPage)
}

// rows writes the posts that tell one fact.
func (e Export) rows(t *table, of *campaign.Campaign, fact *campaign.Version) error {
	if fact.Kind == campaign.KindCost || fact.Kind == campaign.KindMeasure {
		fact.Own(of.Ref) // whose it is, is where it is stored
	}
	digits := of.Digits()
	if of.Ref == campaign.NoCampaign {
		digits = (&campaign.Config{Currency: fact.Text(campaign.CostCurrency)}).Digits()
	}
	for _, post := range e.Form.Repost(fact) {
		var d document
		d.post(e.Form.Key, post, digits, e.Phones)
		if err := t.row(d); err != nil {
			return err
		}
	}
	return nil
}

// post writes a version the way it is posted, dated unless it is of a lead inside
// an attempt.
func (d *document) post(key string, v *campaign.Version, digits int, phones bool) {
	d.open('{')
	if key != "" {
		d.name(key).text(v.Ref)
	}
	for i, field := range v.Kind.Fields() {
		value, null := v.Values[i], v.Null.Has(i)
		if !v.Named.Has(i) || !phones && !null && !harmless(field, value) {
			continue
		}
		d.name(field.Name)
		if field.Type == campaign.TypeLead && v.Lead != nil {
			d.post("ref", v.Lead, digits, phones)
		} else {
			d.field(field, value, null, digits)
		}
	}
	if v.UpdatedMs != campaign.None {
		d.name("updated_at").instant(v.UpdatedMs)
	}
	d.close('}')
}

// harmless reports whether nothing of a value would be masked.
func harmless(field campaign.Field, v campaign.Value) bool {
	shown, ok := masked(field, v)
	return ok && shown == v
}

// streamed reports whether a route's answers take as long as they are long, or as
// somebody listens. Each of their steps is held to readMost instead.
func streamed(path string) bool {
	return strings.Contains(path, "/export/") || strings.HasSuffix(path, "/live") || strings.HasSuffix(path, "/"+callsCSV)
}

// getExport hands out the facts of one collection.
func (s *Server) getExport(form *campaign.Form) func(*gin.Context) error {
	return func(c *gin.Context) error {
		e, err := NewExport(form.Name, c.Query("format"))
		if err != nil {
			return err
		}
		of, err := s.here(c)
		if err != nil {
			return err
		}
		e.Phones = may(keyOf(c), seePhones)
		out := &exportWriter{c: c, mediaType: tableTypes[e.Format]}
		return e.Write(c.Request.Context(), s.store, of.Ref, out, func(int64, int64) {})
	}
}

// getSharedExport hands out the costs that campaigns share.
func (s *Server) getSharedExport(c *gin.Context) error {
	e, err := NewExport(campaign.CostForm.Name, c.Query("format"))
	if err != nil {
		return err
	}
	e.Phones = may(keyOf(c), seePhones)
	out := &exportWriter{c: c, mediaType: tableTypes[e.Format]}
	return e.Write(c.Request.Context(), s.store, campaign.NoCampaign, out, func(int64, int64) {})
}

// getRatesExport hands out a campaign's cards as the body of a PUT.
func (s *Server) getRatesExport(c *gin.Context) error {
	of, err := s.campaign(c, c.Param("campaign"))
	if err != nil {
		return err
	}
	config := configured(&of)
	send(c, http.StatusOK, RatesBody(config.Rates))
	return nil
}

// RatesBody is the body of PUT /v1/campaigns/{campaign}/rates that puts these cards.
func RatesBody(rates *campaign.Rates) []byte {
	var d document
	d.open('{').rates(rates)
	d.close('}')
	return d
}

// ExchangeRatesBody is the body of PUT /v1/exchange-rates that puts these rates.
func ExchangeRatesBody(rates []campaign.ExchangeRate) []byte {
	slices.SortFunc(rates, campaign.CompareExchangeRates)
	var d document
	d.open('{').name("rates").exchangeRates(rates)
	d.close('}')
	return d
}

// exportWriter begins an answer with its first piece, so that an error before that
// is still answered as one, and sends each piece on its way at once.
type exportWriter struct {
	c         *gin.Context
	mediaType string
}

func (w *exportWriter) Write(piece []byte) (int, error) {
	if !w.c.Writer.Written() {
		beginTable(w.c, w.mediaType)
	}
	n, err := w.c.Writer.Write(piece)
	w.c.Writer.Flush()
	return n, err
}

// beginTable begins an answer in one of the formats of tables.
func beginTable(c *gin.Context, mediaType string) {
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Type", mediaType)
	c.Status(http.StatusOK)
	c.Writer.WriteHeaderNow()
}
