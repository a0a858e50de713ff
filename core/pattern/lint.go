package pattern

import (
	"cmp"
	"slices"
)

// A Remark is what Lint has to say about one place in a pattern.
type Remark struct {
	// Rule is the name of the rule that was broken, such as never-true.
	Rule     string
	Severity Severity
	// Span is the place in Pattern.Text.
	Span
	Message string
	// Remedy is a pattern to use instead, where one can be told.
	Remedy string
}

// A Severity is how much a Remark matters. Higher is worse.
type Severity uint8

const (
	Note    Severity = iota + 1 // worth knowing
	Warning                     // hardly what was meant
	Wrong                       // does not do what it says
)

// String is the severity in one word.
func (s Severity) String() string {
	return [...]string{Note: "note", Warning: "warning", Wrong: "error"}[s]
}

// Lint remarks on what is likely wrong with a pattern, in the order of its text.
// A pattern whose selectors begin with members of a CloudTrail record is held
// against what such records look like as well.
func Lint(p *Pattern) []Remark {
	var l linter
	l.p = p
	slices.SortStableFunc(l.remarks, func(a, b Remark) int { return cmp.Compare(a.Pos, b.Pos) })
	return l.remarks
}

// A linter collects the remarks on one pattern.
type linter struct {
	p       *Pattern
	remarks []Remark
}
