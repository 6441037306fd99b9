package web

import "unicode/utf8"

// Wallboard follows campaigns in turn, six figures each, to be read from afar.
type Wallboard struct {
	// Seconds is how long each is shown; Shown which one is where nothing turns them.
	Seconds, Shown int
	Boards         []Board
	// Previous and Next lead to the neighbours of the one that is shown, "" where
	// there is one alone.
	Previous, Next string
}

// Board is one campaign of a wallboard; Place is its place, from 1, of All.
type Board struct {
	Name, Ref, Day string
	Shown          bool
	Place, All     int
	Recounting     bool
	Tiles          []Tile
}

// Tile is one figure: Word and Level say what to make of it, Detail what it is made
// of.
type Tile struct {
	Key, Name, Value, Unit, Detail, Word string
	Level                                Level
	// Targets are what the figure is to be, over times that hold today.
	Targets []Target
}

// Long reports whether the value takes smaller digits to fit.
func (t Tile) Long() bool { return utf8.RuneCountInString(t.Value+t.Unit) > len("99.9%") }
