package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"ringside/api"
	"ringside/campaign"
	"ringside/db"
)

// The kinds of what is exported and imported that are no collection of a campaign. The
// first two are one document each, the body of a PUT.
const (
	ratesKind    = "rates"
	exchangeKind = "exchange-rates"
	sharedKind   = "shared-costs"
)

func isDocument(kind string) bool { return kind == ratesKind || kind == exchangeKind }

// collectionOf is the collection that a kind is posted to.
func collectionOf(kind string) string {
	if kind == sharedKind {
		return campaign.CostForm.Name
	}
	return kind
}

// placed holds that a campaign is named where there is one, and only there.
func placed(kind, campaignRef string) error {
	switch of := kind != exchangeKind && kind != sharedKind; {
	case of && campaignRef == "":
		return fmt.Errorf("%s are of a campaign; name it with --campaign", kind)
	case !of && campaignRef != "":
		return fmt.Errorf("%s are of no campaign; leave out --campaign", kind)
	}
	return nil
}

// exportPath is where a server hands out a kind.
func exportPath(kind, campaignRef string) string {
	switch kind {
	case exchangeKind:
		return "/v1/exchange-rates"
	case sharedKind:
		return "/v1/export/costs"
	}
	return placePath(campaignRef) + "/export/" + kind
}

// storedDocument reads a document from a database.
func storedDocument(ctx context.Context, store *db.Store, kind, campaignRef string) ([]byte, error) {
	if kind == exchangeKind {
		rates, err := store.ExchangeRates(ctx)
		return api.ExchangeRatesBody(rates), err
	}
	of, err := store.Campaign(ctx, campaignRef)
	config := of.Config
	if of.Wanted != nil {
		config = *of.Wanted
	}
	return api.RatesBody(config.Rates), err
}

// documentMost bounds a document that is read: five thousand cards are a fifth of it.
const documentMost = 4 << 20

// putDocument puts the document of the file in the place of what is there.
func (c *importCommand) putDocument(ctx context.Context, t terminal) (err error) {
	in := t.in
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer file.Close()
		in = file
	}
	body, err := io.ReadAll(io.LimitReader(in, documentMost))
	if err != nil {
		return err
	}
	if err = c.put(ctx, t, body); err == nil {
		t.say("%s: the %s are as the file says.", c.File, c.Kind)
	}
	return err
}

func (c *importCommand) put(ctx context.Context, t terminal, body []byte) error {
	if c.URL != "" {
		b := newBar(t, "import")
		defer b.done()
		client, err := c.client(tellWaiting(t, b))
		if err != nil {
			return err
		}
		path := "/v1/exchange-rates"
		if c.Kind == ratesKind {
			path = placePath(c.Campaign) + "/rates"
		}
		answer, err := client.call(ctx, http.MethodPut, path, "application/json", body)
		if err != nil {
			return err
		}
		return answer.Body.Close()
	}
	unlock, err := lockBeside(c.DB)
	if err != nil {
		return err
	}
	defer unlock()
	store, err := openStore(ctx, t, c.DB)
	if err != nil {
		return err
	}
	return errors.Join(c.putInto(ctx, store, body), store.Close())
}

func (c *importCommand) putInto(ctx context.Context, store *db.Store, body []byte) error {
	if c.Kind == exchangeKind {
		rates, err := campaign.DecodeExchangeRates(body)
		if err == nil {
			err = store.PutExchangeRates(ctx, rates)
		}
		return err
	}
	of, err := store.Campaign(ctx, c.Campaign)
	if err != nil {
		return err
	}
	rates, err := campaign.DecodeRates(body, campaign.NewCalendar(of.Location()))
	if err == nil {
		_, err = store.PutRates(ctx, of.Ref, rates)
	}
	return err
}
