package web

// SettingsIndex lists what there is to set.
type SettingsIndex struct{ Places []Place }

// Place is a page of settings and what it is about.
type Place struct {
	Link
	About string
}

// SettingsCampaigns is the list of campaigns to be set up.
type SettingsCampaigns struct {
	Tabs   []Link
	Search string
	// Creates says that the reader may make another.
	Creates bool
	Rows    []SettingsCampaign
	Pages   Pages
}

// SettingsCampaign is one of them, as it was configured last.
type SettingsCampaign struct {
	Name, Ref, Href, Zone, Currency, DialMode, Profile string
	Dispositions                                       int
	Recounting                                         bool
}

// SettingsForm is a page with one form.
type SettingsForm struct {
	Title, Detail string
	Tabs          []Link
	Form          *Form
	// Recounting says that the past is still counted by what stood here before, and how
	// far that has come; "" where it is not.
	Recounting string
}

// SettingsSources is the list of what sends dialers' messages.
type SettingsSources struct {
	Tabs []Link
	Rows []SettingsSource
}

// SettingsSource is one of them.
type SettingsSource struct {
	Ref, Kind, Auth, Hook string
	Campaigns, Statuses   int
	Href, Doctor, SetUp   string
}

// Doctor is what is wrong with what a source sends.
type Doctor struct {
	Ref, Kind, Zone, From, To         string
	FromDay, ToDay                    string
	Tabs                              []Link
	Applied, Parked, Refused, Repeats int64
	// More says that older messages of the window were not read.
	More              bool
	Findings          []Finding
	Reasons, Unmapped []Tally
}

// Finding is one thing the doctor found; Word says its level.
type Finding struct {
	Level      Level
	Word, Text string
}

// Tally is how often something came.
type Tally struct {
	State, Text, Href string
	Count             int64
}
