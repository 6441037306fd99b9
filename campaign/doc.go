// Package campaign holds the nouns of an outbound sales floor and their rules:
// campaigns, and the facts posted about them (leads, attempts with their
// outcomes, costs).
//
// A fact is never edited. What callers post are versions of it; the fact is the
// merge of its versions, whatever order they arrived in. This package reads
// versions from their JSON form, judges each by itself, ranks and merges them.
// It also holds the few leaf notions everything else is counted in: instants in
// milliseconds UTC, calendar days and hours of a time zone, and money in integer
// minor units.
//
// Nothing here does I/O and nothing here asks what time it is.
package campaign
