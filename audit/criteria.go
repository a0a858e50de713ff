package audit

import (
	"regexp"
	"slices"
)

// The forms of fieldSelectionCriteria that are understood: one field, equal to
// one value or in a list of them, as the API's examples have it. UNSURE beyond these.
var (
	criteriaEqual = regexp.MustCompile(`^\s*(@aws\.\w+)\s*=\s*"([^"]*)"\s*$`)
	criteriaIn    = regexp.MustCompile(`^\s*(@aws\.\w+)\s+IN\s+\[([^\]]*)\]\s*$`)
	criteriaValue = regexp.MustCompile(`"([^"]*)"`)
)

// criteria judges a filter's fieldSelectionCriteria for the events of an account.
func criteria(text, account string) (Rank, string) {
	field, values := "", []string(nil)
	if m := criteriaEqual.FindStringSubmatch(text); m != nil {
		field, values = m[1], []string{m[2]}
	} else if m := criteriaIn.FindStringSubmatch(text); m != nil {
		field = m[1]
		for _, v := range criteriaValue.FindAllStringSubmatch(m[2], -1) {
			values = append(values, v[1])
		}
	}
	switch {
	case field == "@aws.account" && slices.Contains(values, account):
		return Holds, ""
	case field == "@aws.account":
		return Broken, "it only sees events of other accounts: " + text
	case field == "@aws.region":
		return Broken, "it only sees events of some Regions: " + text
	}
	return Unknown, "its selection criteria are not understood: " + text
}
