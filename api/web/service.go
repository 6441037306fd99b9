package web

// Service is the page of service as a whole: calls, cases, and what customers say.
type Service struct {
	TimeZone   string
	Recounting bool
	Scope      Scope
	Sections   []ServiceSection
	// Before and Young are those of the figures of all sections.
	Before, Young string
	Volumes       Volumes
	Ages          Ages
	Series        Series
	Tables        []Link
	// Nothing says that nothing was ever posted; Origin is where the examples post to.
	Nothing bool
	Origin  string
}

// ServiceSection is a part of the page.
type ServiceSection struct {
	ID, Title, Note string
	Headlines       Headlines
}

// Volumes are contacts by channel.
type Volumes struct {
	Rows []VolumeRow
	CSV  string
}

// VolumeRow is one channel; Bar is drawn.
type VolumeRow struct {
	Name, Contacts, Calls, Cases, Share string
	Missing                             bool
	Bar                                 float64
}

// Ages are open cases by how long they have been so, At when.
type Ages struct {
	All, At, CSV string
	Rows         []AgeRow
}

// AgeRow is one age. Facts leads to its cases, "" for who may see none.
type AgeRow struct {
	ID, Label, Cases, Share, Facts string
	Bar                            float64
}

// Floor puts what a campaign dials beside who calls it.
type Floor struct {
	Name, Ref, TimeZone string
	Recounting          bool
	Scope               Scope
	Campaign            string
	Outbound, Inbound   Headlines
	// Waiting is who waits in all its queues now.
	Waiting QueueNow
	Queues  []QueueRow
	// Configures says that the reader may say which queues belong to the campaign.
	Configures  bool
	Origin, CSV string
}
