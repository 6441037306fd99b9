package db

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"ringside/campaign"
)

// PutAgent says who an agent is: the name and the team replace what was said before.
// An agent's number and creation are the store's to give.
func (s *Store) PutAgent(ctx context.Context, said campaign.Agent) (a campaign.Agent, created bool, err error) {
	err = s.transact(ctx, func(t *tx) error {
		a = said
		// Reports by team change with what is said here.
		if err := t.exec("update progress set version = version + 1 where campaign_id = $1", installation); err != nil {
			return err
		}
		found, err := t.one([]any{&a.Number, &a.CreatedMs}, "select agent_no, created_ms from agents where ref = $1", a.Ref)
		if err != nil {
			return err
		}
		if created = !found; found {
			return t.exec("update agents set name = $1, team = $2 where agent_no = $3", nullText(a.Name), nullText(a.Team), a.Number)
		}
		a.CreatedMs = s.now().UnixMilli()
		if _, err := t.one([]any{&a.Number}, "select coalesce(max(agent_no), 0) + 1 from agents"); err != nil {
			return err
		}
		err = t.exec("insert into agents (agent_no, ref, name, team, created_ms) values ($1, $2, $3, $4, $5)",
			a.Number, a.Ref, nullText(a.Name), nullText(a.Team), a.CreatedMs)
		if err != nil && t.raced(err) {
			return &againError{err} // another process took the number or named the agent
		}
		return err
	})
	return a, created, err
}

// Agent returns what was said of an agent. One that only attempts name is a NotFound
// error.
func (s *Store) Agent(ctx context.Context, ref string) (a campaign.Agent, err error) {
	err = s.glance(ctx, func(t *tx) error {
		missing := campaign.NotFoundf("agent", "nothing was said of an agent %q; name one with PUT /v1/agents/{agent}", ref)
		clean, err := campaign.CleanAgent(ref)
		if err != nil {
			return missing // not every engine looks up what is not even text
		}
		found := false
		err = t.query(func(row *sqlx.Rows) error {
			found = true
			a, err = scanAgent(row)
			return err
		}, "select "+agentColumns+" from agents where ref = $1", clean)
		if err == nil && !found {
			err = missing
		}
		return err
	})
	return a, err
}

// Agents returns at most limit agents of whom something was said, in the order in
// which they were first named, from after a number on.
func (s *Store) Agents(ctx context.Context, after int64, limit int) (all []campaign.Agent, err error) {
	err = s.glance(ctx, func(t *tx) error {
		all = nil
		return t.query(func(row *sqlx.Rows) error {
			a, err := scanAgent(row)
			all = append(all, a)
			return err
		}, "select "+agentColumns+" from agents where agent_no > $1 order by agent_no limit $2", after, limit)
	})
	return all, err
}

const agentColumns = "agent_no, ref, name, team, created_ms"

func scanAgent(row *sqlx.Rows) (a campaign.Agent, err error) {
	var name, team sql.NullString
	err = row.Scan(&a.Number, &a.Ref, &name, &team, &a.CreatedMs)
	a.Name, a.Team = name.String, team.String
	return a, err
}

// nullText is the SQL value of a text that may be missing.
func nullText(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// teams finds the teams of the campaign's agents, both by number. Teams are
// numbered as labels that the report at hand alone knows.
func (s *source) teams() (map[int64]int64, error) {
	var agents []string
	for _, l := range s.k.labels.all() {
		if l.kind == agentLabel {
			agents = append(agents, l.body)
		}
	}
	slices.SortFunc(agents, strings.Compare)
	k := s.k.clone()
	of := map[int64]int64{}
	text := "select ref, team from agents where team is not null and ref in " + tuple(1, tableMost)
	for some := range slices.Chunk(agents, tableMost) {
		args := make([]any, tableMost) // what is left nil finds nothing
		for i := range some {
			args[i] = some[i]
		}
		err := s.t.query(func(row *sqlx.Rows) error {
			var agent, team string
			if err := row.Scan(&agent, &team); err != nil {
				return err
			}
			l := label{teamLabel, team}
			if _, known := k.labels.number(l); !known {
				k.learnLabel(l)
			}
			number, _ := k.labels.number(label{agentLabel, agent})
			of[number], _ = k.labels.number(l)
			return nil
		}, text, args...)
		if err != nil {
			return nil, err
		}
	}
	s.k = k
	return of, nil
}
