package pattern

import (
	"strings"
	"testing"
)

func TestLintAuditors(t *testing.T) {
	const demanded = `{ ($.eventSource = s3.amazonaws.com) && (($.eventName = A) || ($.eventName = "B")) }`
	for _, row := range []struct {
		how     How
		text    string
		missing string // what the remark says, empty for none
	}{
		{EqualBytes, demanded, ""},
		{EqualBytes, strings.Replace(demanded, " ", "", 1), "byte for byte"},
		{EqualText, strings.ReplaceAll(demanded, " ", "\t"), ""},
		{EqualText, strings.ReplaceAll(demanded, `"`, ""), "blanks aside"},
		{EqualFold, strings.ToLower(demanded), ""},
		{EqualFold, `{ $.eventName = A }`, "blanks and case aside"},
		{ContainsText, strings.ReplaceAll(demanded, " ", ""), ""},
		{ContainsText, `{ ($.eventSource = s3.amazonaws.com) && (($.eventName = A) || ($.eventName = "B")) && $.x = 1 }`, "inside the pattern"},
		{ContainsInner, `{ ($.eventSource = s3.amazonaws.com) && (($.eventName = A) || ($.eventName = "B")) && $.x = 1 }`, ""},
		{ContainsInner, `{ $.eventName = A }`, "blanks and braces aside"},
		{WrittenClauses, `{ $.eventSource = s3.amazonaws.com || $.x = 1 || $.eventName=A || $.eventName = "B" }`, ""},
		{WrittenClauses, `{ $.eventSource = s3.amazonaws.com || $.eventName = A || $.eventName = B }`, `looks for the clause $.eventName = "B", written so`},
		{WrittenClauses, `{ $.eventSource = s3.amazonaws.com || $.eventName = "B" || $.eventName = A }`, `looks for the clause $.eventName = "B", written so`},
		{OrderedClauses, `{ $.eventSource = "s3.amazonaws.com" || $.eventName = "A" || $.eventName = B }`, ""},
		{OrderedClauses, `{ $.eventName = A || $.eventName = B || $.eventSource = s3.amazonaws.com }`, "looks for the clause $.eventName = A in its place"},
		{AllClauses, `{ $.eventName = "B" && $.eventName = A && $.eventSource = "s3.amazonaws.com" }`, ""},
		{AllClauses, `{ $.eventName = "B" && $.eventSource = "s3.amazonaws.com" }`, "looks for the clause $.eventName = A"},
		{SameTree, `{ ($.eventName = "B" || $.eventName = A) && $.eventSource = s3.amazonaws.com }`, ""},
		{SameTree, `{ ($.eventName = B || $.eventName = A) && $.eventSource = s3.amazonaws.com }`, "same clauses in the same groups"},
		{SameTree, `{ ($.eventName = "B" || $.eventName = A || $.eventName = A) && $.eventSource = s3.amazonaws.com }`, "same clauses in the same groups"},
		{SameTree, `{ $.eventName = "B" || $.eventName = A && $.eventSource = s3.amazonaws.com }`, "without parentheses"},
		{Unsatisfiable, demanded, "accepts none. So it is."},
		{AllClauses, `ERROR`, "wants a JSON pattern"},
	} {
		d := Demand{Auditor: "X", How: row.how, Text: demanded}
		if row.how == Unsatisfiable {
			d.Text, d.Note = "", "So it is."
		}
		remarks := LintAuditors(mustParse(t, row.text), []Demand{d})
		switch {
		case row.missing == "" && len(remarks) > 0:
			t.Errorf("%s: %s: %s", row.how, row.text, remarks[0].Message)
		case row.missing != "" && len(remarks) == 0:
			t.Errorf("%s accepts %s", row.how, row.text)
		case row.missing != "" && (!strings.Contains(remarks[0].Message, row.missing) || remarks[0].Remedy != d.Text):
			t.Errorf("%s: %s: %q, want %q", row.how, row.text, remarks[0].Message, row.missing)
		}
	}
	if len(Hows()) != 10 {
		t.Errorf("%d ways", len(Hows()))
	}
}
