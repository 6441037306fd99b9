package campaign

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
