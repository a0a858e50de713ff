package source

import (
	"context"
	"slices"
	"strings"
	"time"
)

// A layout is what was found below a prefix: the streams of CloudTrail's own
// layout, or, where there is none of it, anything.
type layout struct {
	streams []stream
	plain   bool
}

// A stream is where the log files of one account and Region lie, day by day.
type stream struct {
	prefix string // [prefix/]AWSLogs/[o-id/]account/CloudTrail/region/
	within string // only what has this prefix is wanted
}

// day is the prefix of a day's files; false when none of them is wanted.
func (s stream) day(day time.Time) (string, bool) {
	prefix := s.prefix + day.Format("2006/01/02/")
	switch {
	case strings.HasPrefix(prefix, s.within):
		return prefix, true
	case strings.HasPrefix(s.within, prefix):
		return s.within, true
	}
	return "", false
}

const (
	// searchDepth is how many folders lie above AWSLogs, at most, below a prefix
	// that does not name it.
	searchDepth = 3
	// searchFolders is how many folders are looked into to find it.
	searchFolders = 100
)

// explore finds the layout below a prefix that is empty or ends in a slash.
func explore(ctx context.Context, s shelf, prefix string, kinds []string) (layout, error) {
	e := explorer{s, kinds, searchFolders}
	if at := strings.LastIndex("/"+prefix, "/AWSLogs/"); at >= 0 {
		streams, err := e.below(ctx, prefix[:at+len("AWSLogs/")], prefix, accounts)
		return layout{streams: streams}, err
	}
	streams, found, err := e.search(ctx, prefix, searchDepth)
	return layout{streams: streams, plain: !found}, err
}

type explorer struct {
	shelf shelf
	kinds []string
	left  int // how many folders may still be looked into to find AWSLogs
}

// search looks for AWSLogs below a prefix.
func (e *explorer) search(ctx context.Context, prefix string, depth int) (streams []stream, found bool, err error) {
	if e.left--; e.left < 0 || depth < 0 {
		return nil, false, nil
	}
	folders, err := e.shelf.folders(ctx, prefix)
	if err != nil {
		return nil, false, err
	}
	if logs := prefix + "AWSLogs/"; slices.Contains(folders, logs) {
		streams, err := e.below(ctx, logs, logs, accounts)
		return streams, true, err
	}
	for _, folder := range folders {
		more, any, err := e.search(ctx, folder, depth-1)
		if err != nil {
			return nil, false, err
		}
		streams, found = append(streams, more...), found || any
	}
	return streams, found, nil
}

// A level is what the folders of a prefix are.
type level int

const (
	accounts level = iota // and organizations
	kinds
	regions
)

// below finds the streams below a prefix that has folders of a level, as far as
// they lie within another.
func (e *explorer) below(ctx context.Context, prefix, within string, l level) ([]stream, error) {
	var folders []string
	if rest, ok := strings.CutPrefix(within, prefix); ok && rest != "" {
		name, _, _ := strings.Cut(rest, "/")
		folders = []string{prefix + name + "/"}
	} else {
		var err error
		if folders, err = e.shelf.folders(ctx, prefix); err != nil {
			return nil, err
		}
	}
	var streams []stream
	for _, folder := range folders {
		name := strings.TrimSuffix(strings.TrimPrefix(folder, prefix), "/")
		next := l + 1
		switch {
		case l == accounts && strings.HasPrefix(name, "o-"):
			next = accounts
		case l == accounts && len(strings.Trim(name, "0123456789")) > 0, l == kinds && !slices.Contains(e.kinds, name):
			continue
		case l == regions:
			streams = append(streams, stream{folder, within})
			continue
		}
		more, err := e.below(ctx, folder, within, next)
		if err != nil {
			return nil, err
		}
		streams = append(streams, more...)
	}
	return streams, nil
}

// dayOf is the beginning of a time's day, UTC.
func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
