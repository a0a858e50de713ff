package policy

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An Error is why a document is refused.
type Error struct {
	Line, Column int    // of the place, from 1; columns are characters
	Path         string // of the member: Statement[1].Condition.StringEquals; "" for the document
	Problem      string // what is wrong, and what would be right
	// Message is what AWS says of it: IAM for identity and trust policies, the
	// text that S3 and KMS share for the others.
	Message string

	excerpt string // the line, or what of it is around the place
	caret   int    // characters of excerpt before the place
}

// Error shows the place:
//
//	policy:3:17: Statement[0].Effect: expected "Allow" or "Deny"
//	  "Effect": "allow"
//	            ^
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "policy:%d:%d: ", e.Line, e.Column)
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.Problem)
	if e.excerpt != "" {
		fmt.Fprintf(&b, "\n  %s\n  %s^", e.excerpt, strings.Repeat(" ", e.caret))
	}
	return b.String()
}

// around is how many characters of a line an error shows on each side.
const around = 40

// locate fills in the place that is the byte at of text.
func (e *Error) locate(text string, at int) {
	at = min(at, len(text))
	before := text[:at]
	start := strings.LastIndexByte(before, '\n') + 1
	e.Line = strings.Count(before, "\n") + 1
	e.Column = utf8.RuneCountInString(text[start:at]) + 1

	left := []rune(visible(text[start:at]))
	right := []rune(visible(strings.TrimRight(line(text[at:]), "\r")))
	left = left[max(0, len(left)-around):]
	for len(left) > 0 && left[0] == ' ' {
		left = left[1:]
	}
	right = right[:min(len(right), around)]
	e.excerpt, e.caret = string(left)+string(right), len(left)
}

func line(text string) string {
	head, _, _ := strings.Cut(text, "\n")
	return head
}

// visible replaces what could disturb a terminal.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || !strconv.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

func member(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func element(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
