package campaign

import "time"

// Receipt says what became of the posts that were recorded together.
type Receipt struct {
	Created, Updated, Unchanged int
	Rejected                    []Refused
	// Unmapped lists codes of dispositions that the campaign gives no meaning.
	Unmapped []string
}

// Refused is a post that was not stored: its place among the posts, and why.
type Refused struct {
	Index int
	Err   *Error
}

// Writing says how a store has been doing at writing posts since it was opened.
type Writing struct {
	// Commits are the transactions that stored posts, Posts and Items what they
	// stored, and Took how long they worked in all.
	Commits, Posts, Items int64
	Took                  time.Duration
	// What waits to be stored now; bytes are what it holds in memory, about.
	WaitingPosts, WaitingItems, WaitingBytes int
	// Refused are the posts that were sent away because too much waited.
	Refused int64
	// CheckpointFailures counts failed copies of a database file's log.
	CheckpointFailures int64
}
