package policy

import (
	"fmt"
	"strconv"
	"strings"

	"tocsin/core/excerpt"
)

// An Error is why a document is refused.
type Error struct {
	Line, Column int    // of the place, from 1; columns are characters
	Path         string // of the member: Statement[1].Condition.StringEquals; "" for the document
	Problem      string // what is wrong, and what would be right
	// Message is what AWS says of it: IAM for identity and trust policies, the
	// text that S3 and KMS share for the others.
	Message string

	source string // the line
}

// Error shows the place:
//
//	policy:3:17: Statement[0].Effect: expected "Allow" or "Deny", found "Permit"
//	      "Effect": "Permit"
//	                ^
func (e *Error) Error() string {
	path := ""
	if e.Path != "" {
		path = printable(e.Path) + ": "
	}
	return fmt.Sprintf("policy:%d:%d: %s%s\n%s", e.Line, e.Column, path, printable(e.Problem), excerpt.Caret(e.source, e.Column))
}

// locate fills in the place that is the byte at of text.
func (e *Error) locate(text string, at int) {
	e.Line, e.Column, e.source = excerpt.Place(text, min(at, len(text)))
	e.source = printable(e.source)
}

// printable replaces what could disturb a terminal, one character by one.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || strconv.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}

func member(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func element(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
