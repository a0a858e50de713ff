package app

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tocsin/core/excerpt"
)

// maxPlaces is how many places a FileError shows.
const maxPlaces = 20

// A FileError tells what is wrong with a file that the user wrote, a pack or a
// configuration, and where.
type FileError struct {
	Path   string // "" when there is no file
	Places []Place
}

// A Place is a place in a file, line and column counted from 1, the column in
// characters, with what is wrong there. Where it was said by a flag, Flag is its
// name and there is no line.
type Place struct {
	Path         string // when it is another file than the error's
	Flag         string
	Line, Column int
	Source       string // the line's text
	Message      string
}

// Error shows each place as path:line:column, with the line and a caret below it.
func (e *FileError) Error() string {
	var b strings.Builder
	for i, p := range e.Places {
		if i == maxPlaces {
			fmt.Fprintf(&b, "\nand %d more", len(e.Places)-i)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		switch {
		case p.Line > 0:
			fmt.Fprintf(&b, "%s:%d:%d: %s", cmp.Or(p.Path, e.Path), p.Line, p.Column, p.Message)
		case p.Flag != "":
			fmt.Fprintf(&b, "%s: %s", p.Flag, p.Message)
		default:
			b.WriteString(p.Message)
		}
		if p.Source != "" {
			b.WriteString("\n" + excerpt.Caret(p.Source, p.Column))
		}
	}
	return b.String()
}

func (s *yamlFile) errorAt(line, column int, message string) error {
	return &FileError{Path: s.path, Places: []Place{s.at(line, column, message)}}
}

func (s *yamlFile) at(line, column int, message string) Place {
	p := Place{Line: line, Column: column, Message: message}
	if 0 < line && line <= len(s.lines) && !maySecret.MatchString(s.lines[line-1]) {
		p.Source = s.lines[line-1]
	}
	return p
}

// maySecret tells lines that may hold a secret: a webhook's address is one, and
// who wrote a password where it does not belong has done enough harm to it. They
// are not shown, since errors of a reload go to the log.
var maySecret = regexp.MustCompile(`(?i)password|secret|slack:|(^|[^:])(https?|smtps?|postgres(ql)?)://`)

// inOrder sorts places as they stand in the file, those of flags behind.
func inOrder(places []Place) {
	slices.SortStableFunc(places, func(a, b Place) int {
		if (a.Line == 0) != (b.Line == 0) {
			return b.Line - a.Line
		}
		return cmp.Or(a.Line-b.Line, a.Column-b.Column)
	})
}
