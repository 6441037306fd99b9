package bench

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"ringside/db"
	"ringside/funnel"
)

// factsSQL answers every KPI of one campaign over a window from the facts alone,
// in one statement, as an analyst who knows the definitions would write it: one
// pass over the campaign's calls with their place in the lead's order, one row a
// lead from that, and each clock from either. $1 is the campaign's number, $2 and
// $3 the window, $4 now.
const factsSQL = `
with meaning(code, category) as (values %s),
called as materialized (
	select a.lead_no, a.agent_no, a.started_ms, a.answered_ms, a.greeting_ended_ms, a.connected_ms, a.ended_ms, a.ended_by, a.hold_ms, a.wrap_ms,
		a.result, a.answered_by, a.amount_minor, a.callback_ms, coalesce(a.decided_ms, a.ended_ms, a.started_ms) as sale_ms,
		coalesce(m.category, 'none') as category,
		coalesce(m.category, 'none') in ('sale','sale_cancelled','interested','callback','refusal','dnc') as decision,
		row_number() over (partition by a.lead_no order by a.started_ms, a.ref) as n
	from attempts a
	left join labels l on l.campaign_id = a.campaign_id and l.label_no = a.disposition_no
	left join meaning m on m.code = l.body
	where a.campaign_id = $1 and a.result <> 1 and coalesce(a.void, 0) = 0),
judged as (
	select *, result = 6 or decision or category in ('wrong_party','abandoned') as answered,
		decision or category in ('wrong_party','abandoned') or result = 6 and category <> 'machine' and answered_by = 1 as live,
		connected_ms is not null or decision and category <> 'dnc' or category = 'wrong_party' as joined,
		coalesce(answered_ms, connected_ms, started_ms) as answer_ms
	from called),
dial as materialized (
	select *, answered and not live and (category = 'machine' or answered_by = 2) as machine, live and joined as contact,
		live and (category = 'abandoned' or category = 'none' and ended_by = 1) as dropped,
		live and not (joined and coalesce(connected_ms, answer_ms) - coalesce(greeting_ended_ms, answer_ms) <= 2000)
			and not (not joined and ended_by = 1 and ended_ms - coalesce(greeting_ended_ms, answer_ms) <= 2000) is not 0 as late,
		max(0, ended_ms - coalesce(connected_ms, answer_ms)) as spoken_ms,
		case when answered then max(0, coalesce(answered_ms, connected_ms) - started_ms) end as ring_ms
	from judged),
per_lead as materialized (
	select lead_no, count(*) as dials, max(contact) as contacted, max(live) as live, max(category = 'sale') as won,
		max(decision) as decided, max(case when live then 2*n + dropped end) %% 2 as last_dropped,
		min(started_ms) as first_ms, max(n = 1 and category = 'sale') as first_won,
		min(case when contact then started_ms end) as contact_ms, min(case when contact then n end) as contact_n,
		min(case when contact then 2*n + (category = 'sale') end) %% 2 as contact_won,
		min(case when category = 'sale' then n end) as won_n, min(case when category in ('sale','sale_cancelled') then n end) as sold_n
	from dial group by lead_no),
sale as materialized (
	select d.lead_no, d.n, d.category, d.sale_ms, d.amount_minor, p.won_n, p.sold_n, p.contact_n
	from dial d join per_lead p on p.lead_no = d.lead_no where d.category in ('sale','sale_cancelled')),
promise as materialized (
	select lead_no, n, callback_ms from dial where category = 'callback' and callback_ms >= $2 and callback_ms < $3 and callback_ms + 900000 <= $4),
kept as (
	select p.lead_no, p.n, max(coalesce(d.decision and d.sale_ms < p.callback_ms, 0)) as overtaken, max(coalesce(abs(d.started_ms - p.callback_ms) <= 900000, 0)) as kept
	from promise p left join dial d on d.lead_no = p.lead_no and d.n > p.n group by p.lead_no, p.n)
select *, coalesce(operating_cost, 0) + coalesce(lead_cost, 0) as total_cost, coalesce(revenue_minor, 0) - coalesce(operating_cost, 0) - coalesce(lead_cost, 0) as margin,
	0 as rated_telephony, 0 as rated_labour, 0 as unrated_calls, 0 as logged_ms from
(select count(*) as dials, count(ring_ms) as dated_answers, sum(ring_ms) as ring_ms, count(agent_no) as agent_dials, count(distinct lead_no) as leads_dialed, count(distinct agent_no) as agents,
	sum(answered) as answers, sum(live) as live_answers, sum(machine) as machines, sum(contact) as conversations,
	sum(contact and category <> 'wrong_party') as right_parties, sum(category = 'sale') as sale_attempts, sum(dropped) as drops,
	sum(dropped and contact) as in_call_drops, sum(live and not joined and ended_by = 1) as caller_hangups, sum(late) as late,
	sum(contact and ended_ms is not null) as ended_conversations,
	sum(case when contact and ended_ms is not null then max(0, spoken_ms - coalesce(hold_ms, 0)) end) as talk_ms,
	sum(case when contact and ended_ms is not null then spoken_ms + coalesce(wrap_ms, 0) end) as handle_ms
	from dial where started_ms >= $2 and started_ms < $3),
(select max(case when n = (50 * of + 99) / 100 then s end) as ring_p50, max(case when n = (90 * of + 99) / 100 then s end) as ring_p90 from
	(select (ring_ms + 999) / 1000 as s, row_number() over (order by ring_ms) as n, count(*) over () as of
	from dial where started_ms >= $2 and started_ms < $3 and ring_ms is not null)),
(select max(case when n = (50 * of + 99) / 100 then s end) as talk_p50, max(case when n = (90 * of + 99) / 100 then s end) as talk_p90 from
	(select (max(0, spoken_ms - coalesce(hold_ms, 0)) + 999) / 1000 as s, row_number() over (order by max(0, spoken_ms - coalesce(hold_ms, 0))) as n, count(*) over () as of
	from dial where started_ms >= $2 and started_ms < $3 and contact and ended_ms is not null)),
(select max(case when n = (50 * of + 99) / 100 then s end) as handle_p50, max(case when n = (90 * of + 99) / 100 then s end) as handle_p90 from
	(select (spoken_ms + coalesce(wrap_ms, 0) + 999) / 1000 as s, row_number() over (order by spoken_ms + coalesce(wrap_ms, 0)) as n, count(*) over () as of
	from dial where started_ms >= $2 and started_ms < $3 and contact and ended_ms is not null)),
(select count(*) as leads, count(p.lead_no) as leads_ever_dialed, sum(p.contacted) as leads_ever_contacted, sum(p.live) as leads_ever_live,
	sum(p.won) as leads_won, sum(p.last_dropped and not p.decided) as leads_dropped, sum(p.dials) as cohort_dials
	from leads l left join per_lead p on p.lead_no = l.lead_no
	where l.campaign_id = $1 and l.cohort_ms >= $2 and l.cohort_ms < $3 and coalesce(l.void, 0) = 0),
(select count(*) as first_dials, sum(first_won) as first_dials_won from per_lead where first_ms >= $2 and first_ms < $3),
(select count(*) as first_contacts, sum(contact_won) as first_contacts_won from per_lead where contact_ms >= $2 and contact_ms < $3),
(select sum(n = sold_n) as sales, sum(n = sold_n and won_n is null) as sales_lost, sum(n = won_n) as net_sales,
	sum(case when n = won_n then n end) as dials_to_close, sum(n = won_n and n = contact_n) as first_contact_closes,
	sum(case when category = 'sale' then amount_minor end) as revenue_minor
	from sale where sale_ms >= $2 and sale_ms < $3),
(select count(*) as callbacks_due, sum(kept) as callbacks_kept from kept where not overtaken),
(select cast(round(sum(case when category <> 3 then amount_minor * 1.0 * (min(to_ms, $3) - max(from_ms, $2)) / (to_ms - from_ms) end)) as integer) as operating_cost,
	cast(round(sum(case when category = 3 then amount_minor * 1.0 * (min(to_ms, $3) - max(from_ms, $2)) / (to_ms - from_ms) end)) as integer) as lead_cost
	from costs where campaign_id = $1 and coalesce(void, 0) = 0 and from_ms < $3 and to_ms > $2)`

// columns say in which column of factsSQL each measure of the catalogue stands.
var columns = map[funnel.Measure]string{
	funnel.Leads: "leads", funnel.LeadsEverDialed: "leads_ever_dialed", funnel.LeadsEverContacted: "leads_ever_contacted",
	funnel.LeadsEverLive: "leads_ever_live", funnel.LeadsWon: "leads_won", funnel.LeadsDropped: "leads_dropped", funnel.CohortDials: "cohort_dials",
	funnel.Dials: "dials", funnel.AgentDials: "agent_dials", funnel.LeadsDialed: "leads_dialed", funnel.Agents: "agents",
	funnel.Answers: "answers", funnel.LiveAnswers: "live_answers", funnel.Machines: "machines", funnel.Conversations: "conversations",
	funnel.RightParties: "right_parties", funnel.SaleAttempts: "sale_attempts", funnel.Drops: "drops", funnel.InCallDrops: "in_call_drops",
	funnel.CallerHangups: "caller_hangups", funnel.Late: "late", funnel.EndedConversations: "ended_conversations",
	funnel.DatedAnswers: "dated_answers", funnel.RingMs: "ring_ms", funnel.TalkMs: "talk_ms", funnel.HandleMs: "handle_ms", funnel.FirstDials: "first_dials", funnel.FirstDialsWon: "first_dials_won",
	funnel.FirstContacts: "first_contacts", funnel.FirstContactsWon: "first_contacts_won", funnel.Sales: "sales", funnel.SalesLost: "sales_lost",
	funnel.NetSales: "net_sales", funnel.DialsToClose: "dials_to_close", funnel.FirstContactCloses: "first_contact_closes",
	funnel.RevenueMinor: "revenue_minor", funnel.CallbacksDue: "callbacks_due", funnel.CallbacksKept: "callbacks_kept", funnel.OperatingCost: "operating_cost",
	funnel.LeadCost: "lead_cost", funnel.TotalCost: "total_cost", funnel.Margin: "margin", funnel.RatedTelephony: "rated_telephony", funnel.RatedLabour: "rated_labour",
	funnel.UnratedCalls: "unrated_calls", funnel.LoggedMs: "logged_ms",
}

// percentiles say in which columns the measures' percentiles stand.
var percentiles = map[funnel.Measure]string{funnel.RingMs: "ring_p", funnel.TalkMs: "talk_p", funnel.HandleMs: "handle_p"}

// partOf is one number of a KPI's figure: where the facts say it, and what the
// report says.
type partOf struct {
	measure funnel.Measure
	column  string
	said    any
}

// numbersOf are the numbers behind a figure: numerator and denominator, or, of a
// percentile, its value and how many it is of.
func numbersOf(k *funnel.KPI, numerator, denominator, value any) []partOf {
	of := []partOf{{k.Numerator, columns[k.Numerator], numerator}}
	if k.Percent > 0 {
		of[0].column, of[0].said = fmt.Sprint(percentiles[k.Numerator], k.Percent), value
		of[0].measure = funnel.Dials // whole seconds, counted like things
	}
	if k.Denominator != funnel.NoMeasure {
		of = append(of, partOf{k.Denominator, columns[k.Denominator], denominator})
	}
	return of
}

// facts asks factsSQL of a file, over one connection with the server's pragmas.
type facts struct {
	pool *sqlx.DB
	text string
}

func openFacts(file string) (*facts, error) {
	pool, err := db.OpenFile(file)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	var c struct {
		Dispositions []struct{ Code, Category string }
	}
	if err := json.Unmarshal([]byte(config), &c); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	var values []string
	for _, d := range c.Dispositions {
		values = append(values, fmt.Sprintf("('%s','%s')", d.Code, d.Category))
	}
	return &facts{pool, fmt.Sprintf(factsSQL, strings.Join(values, ","))}, nil
}

// ask answers all KPIs of one campaign's month, and says how long it took.
func (f *facts) ask(ctx context.Context, ref string) (measures map[string]int64, took time.Duration, err error) {
	began := time.Now()
	var number int64
	if err := f.pool.QueryRowContext(ctx, "select campaign_id from campaigns where ref = $1", ref).Scan(&number); err != nil {
		return nil, 0, err
	}
	rows, err := f.pool.QueryContext(ctx, f.text, number, monthStart.UnixMilli(), monthStart.AddDate(0, 0, monthDays).UnixMilli(), began.UnixMilli())
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, 0, err
	}
	values := make([]sql.NullInt64, len(names))
	into := make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	if !rows.Next() {
		return nil, 0, errors.Join(errors.New("the facts give no row"), rows.Err())
	}
	if err := rows.Scan(into...); err != nil {
		return nil, 0, err
	}
	took = time.Since(began)
	measures = map[string]int64{}
	for i, name := range names {
		measures[name] = values[i].Int64
	}
	return measures, took, nil
}

// agree holds a report to what the facts say, KPI by KPI, numerator and denominator.
func agree(report []byte, measures map[string]int64) error {
	var answer struct {
		KPIs []struct {
			ID                            string
			Numerator, Denominator, Value any
		}
	}
	if err := json.Unmarshal(report, &answer); err != nil {
		return err
	}
	if len(answer.KPIs) != len(funnel.Catalogue) {
		return fmt.Errorf("the report has %d of %d KPIs", len(answer.KPIs), len(funnel.Catalogue))
	}
	var wrong []error
	for _, k := range answer.KPIs {
		for _, p := range numbersOf(funnel.Find(k.ID), k.Numerator, k.Denominator, k.Value) {
			want, found := measures[p.column]
			said, err := stored(p.measure, p.said)
			if !found || err != nil || said != want {
				wrong = append(wrong, fmt.Errorf("%s: the report says %v, the facts %d (%s) %w", k.ID, p.said, want, p.column, err))
			}
		}
	}
	return errors.Join(wrong...)
}

// stored turns a part of a figure back into what is counted: milliseconds, minor
// units of a currency with two digits, or a number of things.
func stored(m funnel.Measure, part any) (int64, error) {
	value, plain := part.(float64)
	if text, money := part.(string); money {
		var err error
		if value, err = strconv.ParseFloat(text, 64); err != nil {
			return 0, err
		}
	} else if !plain {
		return 0, fmt.Errorf("%v is no number", part)
	}
	switch funnel.UnitOf(m) {
	case funnel.Seconds:
		value *= 1000
	case funnel.Money:
		value *= 100
	}
	return int64(math.Round(value)), nil
}
