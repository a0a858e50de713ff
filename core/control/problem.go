package control

import (
	"fmt"
	"strings"

	"tocsin/core/event"
)

// A Problem is one thing that is wrong with a pack.
type Problem struct {
	// Path leads to the offending member from the pack down, or to the place
	// where a member is missing.
	Path event.Path
	// Name says that the member's name is the trouble and not its value.
	Name bool
	// Err says what is wrong and, where that is known, what to do.
	Err error
}

// Error implements error: controls[2].pattern: what is wrong.
func (p *Problem) Error() string {
	place := strings.TrimPrefix(strings.TrimPrefix(p.Path.String(), "$"), ".")
	if place == "" {
		return p.Err.Error()
	}
	return place + ": " + p.Err.Error()
}

// Unwrap gives Err.
func (p *Problem) Unwrap() error { return p.Err }

// Problems are all that was found wrong with a pack, in the order of the pack's
// controls. It is an error when it is not empty.
type Problems []*Problem

// Error implements error: a line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the single problems.
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

func (ps *Problems) add(at event.Path, format string, args ...any) {
	*ps = append(*ps, &Problem{Path: at, Err: fmt.Errorf(format, args...)})
}

func (ps *Problems) addName(at event.Path, format string, args ...any) {
	*ps = append(*ps, &Problem{Path: at, Name: true, Err: fmt.Errorf(format, args...)})
}

// member is the path of a member of what is at a path, element of an element.
func member(at event.Path, name string) event.Path {
	return append(at[:len(at):len(at)], event.Step{Name: name})
}

func element(at event.Path, index int) event.Path {
	return append(at[:len(at):len(at)], event.Step{Kind: event.Element, Index: index})
}
