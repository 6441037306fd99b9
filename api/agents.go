package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
	"ringside/funnel"
)

type agentStore interface {
	// PutAgent replaces what was said of an agent.
	PutAgent(ctx context.Context, said campaign.Agent) (a campaign.Agent, created bool, err error)
	// Agent returns what was said of an agent.
	Agent(ctx context.Context, ref string) (campaign.Agent, error)
	// Agents returns at most limit agents in the order they were first named, from
	// after a number on.
	Agents(ctx context.Context, after int64, limit int) ([]campaign.Agent, error)
}

// putAgent says who an agent is. The whole past is read by it from now on: a report
// by team asks which team an agent is in, not was.
func (s *Server) putAgent(c *gin.Context) error {
	body, err := readBody(c)
	if err != nil {
		return err
	}
	said, err := campaign.DecodeAgent(c.Param("agent"), body)
	if err != nil {
		return err
	}
	a, created, err := s.store.PutAgent(c.Request.Context(), said)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
		c.Header("Location", "/v1/agents/"+segment(a.Ref))
	}
	var d document
	d.agent(&a)
	send(c, status, d)
	return nil
}

func (s *Server) getAgent(c *gin.Context) error {
	a, err := s.store.Agent(c.Request.Context(), c.Param("agent"))
	if err != nil {
		return err
	}
	var d document
	d.agent(&a)
	send(c, http.StatusOK, d)
	return nil
}

// getAgents lists the agents something was said of, a page at a time.
func (s *Server) getAgents(c *gin.Context) error {
	limit, after, err := pageParams(c)
	if err != nil {
		return err
	}
	// One more than is shown tells whether there is a next page.
	agents, err := s.store.Agents(c.Request.Context(), after.Number, limit+1)
	if err != nil {
		return err
	}
	var d document
	d.open('{').name("agents").open('[')
	for i := range agents[:min(limit, len(agents))] {
		d.agent(&agents[i])
	}
	d.close(']')
	d.name("next")
	if len(agents) > limit {
		d.text(encodeCursor(funnel.Cursor{Number: agents[limit-1].Number}))
	} else {
		d.null()
	}
	d.close('}')
	send(c, http.StatusOK, d)
	return nil
}

func (d *document) agent(a *campaign.Agent) {
	d.open('{')
	d.name("id").text(a.ID().String())
	d.name("ref").text(a.Ref)
	d.name("name").textOrNull(a.Name)
	d.name("team").textOrNull(a.Team)
	d.name("created_at").instant(a.CreatedMs)
	d.close('}')
}
