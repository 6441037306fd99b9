// Package twin answers the reports of one installation the slow way: it keeps
// every post, merges it anew and loops over the raw facts for each question.
// It is the oracle that the engine is tested against, so it shares no code
// with it and imports the standard library only. Read it beside the KPI
// contract: merge.go is "facts and versions", read.go is §3 "outcomes prove
// facts", kpis.go is the table of §3, money.go is §6, compliance.go is §5.
//
// Where the contract is silent, the twin decides (each is said again at its
// place in the code):
//
//   - Undated versions rank at their arrival; two versions of one instant rank
//     by their canonical content (canonical, in merge.go).
//   - Times are cut to the millisecond, and so are hold_s and wrap_s.
//   - Money and seconds are never rounded except where §6 says so.
//   - An attempt that was not placed proves nothing: no sale, no stage, no
//     revenue, no callback, whatever its disposition.
//   - Without a disposition the category is "none"; the disposition is null.
//   - An unknown code has category "none" and no stage.
//   - A sale whose amount is missing is no fact of revenue; an amount of zero is.
//   - KPIs of leads list lead refs as their facts, whatever attempt dates them.
//   - An unposted lead is dated by its first current attempt, placed or not;
//     so is a posted one that names no generated_at.
//   - The hour group is the local clock hour with the offset in force.
//   - The attempt curve reads the cohort of the lead clock, as the funnel does.
//   - Compliance blocks run to the later of as_of and the last dial; without a
//     starts_on and without a dial there are none; dials before block 1 are in
//     none. Calendar profiles (month, day) start with the whole month or day.
//   - as_of is the "now" of callbacks and compliance blocks. What was known at
//     an instant is asked of World.AsKnown.
package twin
