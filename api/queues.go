package api

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
)

// queueRoutes are the routes of queues.
func (s *Server) queueRoutes() []route {
	const one = "/v1/queues/:queue"
	window, level := []string{"from", "to"}, []string{"service_level_method", "service_level_s"}
	return []route{
		{"GET", "/v1/queues", rights{readReports}, nil, s.getQueues},
		{"GET", one, rights{readReports}, nil, s.getQueue},
		{"PUT", one, rights{configure}, nil, s.putQueue},
		{"POST", one + "/calls", rights{postFacts}, []string{"atomic"}, s.postCalls},
		{"GET", one + "/calls/:call", rights{readFacts}, nil, s.getCall},
		{"GET", one + "/kpis", rights{readReports}, slices.Concat([]string{"kpi", "group_by", "as_of", "format"}, window, level), s.getKPIs},
		{"GET", one + "/kpis/:kpi/facts", rights{readFacts}, slices.Concat([]string{"part", "cursor", "limit"}, window, level), s.getBehind},
		{"GET", one + "/export/calls", rights{exportFacts}, []string{"format"}, s.getExport(campaign.CallForm)},
	}
}

// queue writes a queue as it is answered, of its campaigns those that the key knows.
func (d *document) queue(q *campaign.Campaign, key *campaign.AccessKey) {
	config := &q.Config
	if q.Wanted != nil {
		config = q.Wanted
	}
	_, ref := q.Named()
	d.open('{')
	d.name("id").text(q.ID().String())
	d.name("ref").text(ref)
	d.name("created_at").instant(q.CreatedMs)
	if q.Wanted != nil {
		d.name("recounting").bool(true)
	}
	d.name("name").text(config.Name)
	d.name("time_zone").text(config.TimeZone)
	d.name("service_level_s").int(config.Queue.ServiceLevelS)
	d.name("short_abandon_s").seconds(config.Queue.ShortAbandonMs)
	d.name("campaigns").open('[')
	for _, ref := range config.Queue.Campaigns {
		if key.Knows(ref) {
			d.text(ref)
		}
	}
	d.close(']')
	d.close('}')
}

func (s *Server) putQueue(c *gin.Context) error {
	key, err := place(c)
	if err != nil {
		return err
	}
	name, _ := campaign.QueueOf(key)
	if err := campaign.CheckRef(name); err != nil {
		return inField(err, "queue")
	}
	body, err := readBody(c)
	if err != nil {
		return err
	}
	config, err := campaign.DecodeQueue(body)
	if err != nil {
		return err
	}
	if err := s.queueCampaigns(c, config.Queue); err != nil {
		return err
	}
	// An id in the path names the queue it belongs to.
	if _, isID := campaign.ParseID(name); isID {
		if known, err := s.campaign(c, key); err == nil {
			key = known.Ref
		}
	}
	stored, created, err := s.store.PutCampaign(c.Request.Context(), key, config)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
		_, ref := stored.Named()
		c.Header("Location", "/v1/queues/"+segment(ref))
	}
	var d document
	d.queue(&stored, keyOf(c))
	send(c, status, d)
	return nil
}

// queueCampaigns puts refs in the places of the ids by which a queue's campaigns may be
// named, each once. One that is not there is refused: a page would wait for it in vain.
func (s *Server) queueCampaigns(c *gin.Context, q *campaign.Queue) error {
	var refs []string
	for _, name := range q.Campaigns {
		of, err := s.outbound(c, name)
		if isNotFound(err) {
			return campaign.Invalidf("unknown_campaign", "campaigns", "there is no campaign %q; GET /v1/campaigns lists them", name)
		}
		if err != nil {
			return err
		}
		if !slices.Contains(refs, of.Ref) {
			refs = append(refs, of.Ref)
		}
	}
	q.Campaigns = refs
	return nil
}

func (s *Server) getQueue(c *gin.Context) error {
	stored, err := s.here(c)
	if err != nil {
		return err
	}
	var d document
	d.queue(&stored, keyOf(c))
	send(c, http.StatusOK, d)
	return nil
}

func (s *Server) getQueues(c *gin.Context) error {
	all, err := s.queues(c)
	if err != nil {
		return err
	}
	var d document
	d.open('{').name("queues").open('[')
	for i := range all {
		d.queue(&all[i], keyOf(c))
	}
	d.close(']')
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}

func (s *Server) getCall(c *gin.Context) error {
	return s.sendFact(c, campaign.KindCall, c.Param("call"))
}
