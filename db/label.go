package db

import (
	"iter"
	"slices"
)

// labelKind tells the callers' texts apart. Numbers are stored.
type labelKind uint8

const (
	agentLabel labelKind = iota + 1
	listLabel
	sourceLabel
	dispositionLabel
	zoneLabel
	dialerLabel
	// teamLabel is never stored: a report numbers the teams it meets.
	teamLabel
	channelLabel
	topicLabel
	measureLabel
	queueLabel
	// shiftLabel holds a campaign and an agent, see shiftOf.
	shiftLabel
)

type label struct {
	kind labelKind
	body string
}

// labels are the callers' texts of one campaign, numbered from 1. A copy costs
// little however many there are: it shares what was there before it was made, which
// nobody changes.
type labels struct {
	last  int64
	pages [][]label // by number, labelPage each
	// layers find a text's number, the newest last. Each has at least twice as many
	// as the next, so there are few.
	layers []map[label]int64
}

const labelPage = 512

func newLabels() labels { return labels{layers: []map[label]int64{{}}} }

// clone returns a copy to which labels may be added while others read l.
func (l *labels) clone() labels {
	more := labels{last: l.last, pages: slices.Clone(l.pages)}
	if n := len(more.pages); n > 0 {
		more.pages[n-1] = slices.Clip(more.pages[n-1]) // what is added goes elsewhere
	}
	n, gathered := len(l.layers)-1, len(l.layers[len(l.layers)-1])
	for n > 0 && len(l.layers[n-1]) < 2*gathered {
		n--
		gathered += len(l.layers[n])
	}
	merged := l.layers[n]
	if n < len(l.layers)-1 {
		merged = make(map[label]int64, gathered)
		for _, layer := range l.layers[n:] {
			for text, number := range layer {
				merged[text] = number
			}
		}
	}
	more.layers = append(slices.Clone(l.layers[:n]), merged, map[label]int64{})
	return more
}

// add gives the label the next number.
func (l *labels) add(text label) {
	if l.last%labelPage == 0 {
		l.pages = append(l.pages, nil)
	}
	page := &l.pages[l.last/labelPage]
	*page = append(*page, text)
	l.last++
	l.layers[len(l.layers)-1][text] = l.last
}

// at returns the label of a number; ok is false for 0.
func (l *labels) at(number int64) (text label, ok bool) {
	if number <= 0 || number > l.last {
		return label{}, false
	}
	return l.pages[(number-1)/labelPage][(number-1)%labelPage], true
}

// all goes through the labels in order of number.
func (l *labels) all() iter.Seq2[int64, label] {
	return func(yield func(int64, label) bool) {
		for n := int64(1); n <= l.last; n++ {
			if !yield(n, l.pages[(n-1)/labelPage][(n-1)%labelPage]) {
				return
			}
		}
	}
}

// number returns the number of a label that has one.
func (l *labels) number(text label) (int64, bool) {
	for _, layer := range slices.Backward(l.layers) {
		if number, ok := layer[text]; ok {
			return number, true
		}
	}
	return 0, false
}

// label returns the number of a caller's text, making it when it is new.
func (b *batch) label(kind labelKind, body string) int64 {
	l := label{kind, body}
	if n, ok := b.k.labels.number(l); ok {
		return n
	}
	if !b.ownsKnowledge {
		b.k, b.ownsKnowledge = b.k.clone(), true
	}
	b.k.learnLabel(l)
	b.lastLabel++
	b.newLabels = append(b.newLabels, b.lastLabel)
	return b.lastLabel
}
