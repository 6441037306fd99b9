// Package funnel holds the arithmetic: what a fact adds to which sum, what a KPI
// is, and what a report says. Everything in it is a pure function.
//
// The one idea: every number is a sum of contributions of facts, or a count of
// distinct things got from the same fold. A lead with its attempts is folded
// into events (Fold), events into entries of cells (Tally), cells into the sums
// of a report (Compute), sums into figures (KPI.Figure). When a fact changes,
// the events its lead had before are taken away and those it has now are added.
// Recording, rebuilding and verifying all go through the same fold.
package funnel
