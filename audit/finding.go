package audit

import (
	"tocsin/core/control"
)

// A Status is what became of a control, in Security Hub's words.
type Status string

const (
	Passed       Status = "PASSED"
	Failed       Status = "FAILED"
	Warning      Status = "WARNING"       // it holds, but not for all that it should, or not for certain
	NotAvailable Status = "NOT_AVAILABLE" // it could not be decided; the reason is named
)

// A Finding is the judgement on one control.
type Finding struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	Control string `json:"control"`
	Title   string `json:"title"`
	// Benchmark is the version that was audited by, Item the control's number in
	// it; both are empty for a control that the benchmark does not have.
	Benchmark   control.Version                  `json:"benchmark,omitempty"`
	Item        string                           `json:"item,omitempty"`
	CIS         map[control.Version]control.Item `json:"cis,omitempty"`
	SecurityHub string                           `json:"securityHub,omitempty"`
	Severity    control.Severity                 `json:"severity"`

	Status Status `json:"status"`
	// Summary is one sentence: why.
	Summary string `json:"summary"`
	// Meaning is what the filters that count are to the control, together.
	Meaning Meaning  `json:"meaning,omitempty"`
	Filters []string `json:"filters,omitempty"`
	// Missed are the events that ring nobody, each by name.
	Missed []string `json:"missed,omitempty"`
	// Path is the chain that decides, Broke the place in it of the link that
	// broke first, -1 for none.
	Path     []Link     `json:"path,omitempty"`
	Broke    int        `json:"broke"`
	Evidence []Evidence `json:"evidence,omitempty"`
	Mend     *Mend      `json:"mend,omitempty"`
	Remarks  []Remark   `json:"remarks,omitempty"`
}

// A Remark is worth knowing beside the status.
type Remark struct {
	// About is auditor, wider, beside, or note.
	About   string `json:"about"`
	Auditor string `json:"auditor,omitempty"`
	Text    string `json:"text"`
	// Remedy is a text of a pattern, where one helps.
	Remedy string `json:"remedy,omitempty"`
}

// A Mend is what would mend the link that broke, in the account's own names.
type Mend struct {
	Text      string   `json:"text"`
	CLI       []string `json:"cli,omitempty"`
	Terraform string   `json:"terraform,omitempty"`
}

// statusOf is the status of a chain whose worst link has the rank.
func statusOf(r Rank) Status { return [...]Status{Passed, Warning, NotAvailable, Failed}[r] }
