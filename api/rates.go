package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

type ledgerStore interface {
	// PutRates replaces the cards that a campaign's calls are rated by, and counts them
	// again.
	PutRates(ctx context.Context, campaignKey string, rates *campaign.Rates) (campaign.Campaign, error)
	// SharedCosts returns the shared costs in order of arrival, and where each goes.
	SharedCosts(ctx context.Context) ([]funnel.SharedCost, error)
	// Waterfall returns the steps to what a window cost.
	Waterfall(ctx context.Context, campaignKey string, within funnel.Span) (funnel.Waterfall, error)
	// PutExchangeRates replaces all exchange rates.
	PutExchangeRates(ctx context.Context, rates []campaign.ExchangeRate) error
	// ExchangeRates returns all exchange rates, in no order.
	ExchangeRates(ctx context.Context) ([]campaign.ExchangeRate, error)
}

// putRates replaces a campaign's rate cards.
func (s *Server) putRates(c *gin.Context) error {
	of, err := s.campaign(c, c.Param("campaign"))
	if err != nil {
		return err
	}
	body, err := readBody(c)
	if err != nil {
		return err
	}
	stored, err := s.keepRates(c, &of, body)
	if err != nil {
		return err
	}
	return s.sendRates(c, &stored)
}

// keepRates stores the body of a PUT of rates.
func (s *Server) keepRates(c *gin.Context, of *campaign.Campaign, body []byte) (stored campaign.Campaign, err error) {
	rates, err := campaign.DecodeRates(body, campaign.NewCalendar(of.Location()))
	if err != nil {
		return stored, err
	}
	return s.store.PutRates(c.Request.Context(), of.Ref, rates)
}

// getRates reads back a campaign's rate cards.
func (s *Server) getRates(c *gin.Context) error {
	of, err := s.campaign(c, c.Param("campaign"))
	if err != nil {
		return err
	}
	return s.sendRates(c, &of)
}

func (s *Server) sendRates(c *gin.Context, of *campaign.Campaign) error {
	recounted, err := s.recounted(c.Request.Context(), of)
	if err != nil {
		return err
	}
	config := &of.Config
	if of.Wanted != nil {
		config = of.Wanted
	}
	var d document
	d.open('{').name("campaign").text(of.Ref)
	d.name("currency").text(config.Currency)
	if of.Wanted != nil {
		d.name("recounting").bool(true)
		d.name("recounted").open('{').name("done").int(recounted.Done)
		d.name("of").int(recounted.Of)
		d.close('}')
	}
	d.rates(config.Rates)
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}

// rates writes the cards as members.
func (d *document) rates(rates *campaign.Rates) {
	if rates == nil {
		rates = &campaign.Rates{}
	}
	d.name("telephony").open('[')
	for _, r := range rates.Telephony {
		d.open('{').span(r.Span)
		d.name("connect_fee").money(r.ConnectMicro, campaign.MicroDigits)
		d.name("per_minute").money(r.MinuteMicro, campaign.MicroDigits)
		d.name("first_s").int(r.FirstS)
		d.name("then_s").int(r.ThenS)
		d.close('}')
	}
	d.close(']')
	d.name("labour").open('[')
	for _, r := range rates.Labour {
		d.open('{').span(r.Span)
		d.name("agent")
		if r.Agent == "" {
			d.null()
		} else {
			d.text(r.Agent)
		}
		d.name("per_hour").money(r.HourMicro, campaign.MicroDigits)
		d.close('}')
	}
	d.close(']')
}

// span writes the time in which a card is in force.
func (d *document) span(s campaign.Span) {
	d.name("from").instant(s.FromMs)
	d.name("to")
	if s.ToMs == campaign.Forever {
		d.null()
	} else {
		d.instant(s.ToMs)
	}
}

// putExchangeRates replaces all exchange rates.
func (s *Server) putExchangeRates(c *gin.Context) error {
	body, err := readBody(c)
	if err != nil {
		return err
	}
	rates, err := campaign.DecodeExchangeRates(body)
	if err == nil {
		err = s.store.PutExchangeRates(c.Request.Context(), rates)
	}
	if err == nil {
		sendExchangeRates(c, rates)
	}
	return err
}

// getExchangeRates reads back all exchange rates.
func (s *Server) getExchangeRates(c *gin.Context) error {
	rates, err := s.store.ExchangeRates(c.Request.Context())
	if err == nil {
		sendExchangeRates(c, rates)
	}
	return err
}

func sendExchangeRates(c *gin.Context, rates []campaign.ExchangeRate) {
	send(c, http.StatusOK, ExchangeRatesBody(rates))
}

func (d *document) exchangeRates(rates []campaign.ExchangeRate) {
	d.open('[')
	for _, r := range rates {
		d.open('{')
		d.name("base").text(r.Base)
		d.name("quote").text(r.Quote)
		d.name("from").instant(r.FromMs)
		d.name("rate").text(r.Rate)
		d.close('}')
	}
	d.close(']')
}

// exchange puts reports into the currency that was asked for, if any, each by the rate in
// force at the last instant of its window, and returns the rates it used.
func (s *Server) exchange(c *gin.Context, reports ...*funnel.Report) (used []campaign.ExchangeRate, err error) {
	currency, asked := c.GetQuery("currency")
	if !asked {
		return nil, nil
	}
	if _, err := campaign.CurrencyDigits(currency); err != nil {
		return nil, inField(err, "currency")
	}
	used = []campaign.ExchangeRate{}
	rates, err := s.store.ExchangeRates(c.Request.Context())
	for _, r := range reports {
		if err != nil || r.Campaign.Currency == currency {
			continue
		}
		last := max(r.Window.FromMs, r.Window.ToMs-1)
		known := rates
		if r.Closing != nil {
			known = r.Closing.Exchange
		}
		rate, found := campaign.ExchangeAt(known, r.Campaign.Currency, currency, last)
		if !found {
			return nil, campaign.Invalidf("no_exchange_rate", "currency", "no rate of %s to %s is in force at %s, the end of the window of campaign %s; send one with PUT /v1/exchange-rates, or ask without currency",
				r.Campaign.Currency, currency, campaign.FormatInstant(last), r.Campaign.Ref)
		}
		if err := r.Exchange(&rate); err != nil {
			return nil, err
		}
		if !slices.Contains(used, rate) {
			used = append(used, rate)
		}
	}
	slices.SortFunc(used, campaign.CompareExchangeRates)
	return used, err
}

// exchangeText names the rates of a report in one text, for a column of a table.
func exchangeText(rates []campaign.ExchangeRate) string {
	said := make([]string, len(rates))
	for i, r := range rates {
		said[i] = "1 " + r.Base + " = " + r.Rate + " " + r.Quote + " from " + campaign.FormatInstant(r.FromMs)
	}
	return strings.Join(said, "; ")
}
