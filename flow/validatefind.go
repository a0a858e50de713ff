package flow

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"tocsin/core/digest"
	"tocsin/core/event"
	"tocsin/source"
)

// A Chain is the digests that one trail wrote for one account and Region.
type Chain struct {
	Trail  digest.Trail
	Bucket string
	// Keys and Backfill are the listed digests, oldest first.
	Keys, Backfill []string

	// outside is a digest of another time, when there are none of the time asked
	// for; earlier and later say whether there are such before and after it.
	outside        string
	earlier, later bool
}

// Empty tells whether there are no digests.
func (c *Chain) Empty() bool { return len(c.Keys)+len(c.Backfill) == 0 }

// A TrailFilter says whose digests are wanted; empty fields let all pass.
type TrailFilter struct{ Account, Region, Name, Home string }

func (f TrailFilter) wants(t digest.Trail) bool {
	fits := func(want, is string) bool { return want == "" || want == is }
	return fits(f.Account, t.Account) && fits(f.Region, t.Region) && fits(f.Name, t.Name) && fits(f.Home, t.Home)
}

// FoundChains are what there is to validate.
type FoundChains struct {
	Chains []Chain
	// Bare are the folders of log files, of an account and Region each, that no
	// digests are about. Only with Unnamed.
	Bare []digest.Place
}

// FindChains finds the chains below a prefix of a bucket that have digests for
// the time from o.Start (zero: any) to o.End. Where a folder has none for that
// time, those of its trails are found that have some near it, and are chains
// without digests: what was deleted must not look as if it had never been.
func FindChains(ctx context.Context, bucket, prefix string, f TrailFilter, o ValidateOptions) (FoundChains, error) {
	search := folderSearch{objects: o.Objects, bucket: bucket, filter: f, logs: o.Unnamed}
	folders, err := search.below(ctx, asFolder(prefix), 0)
	if err != nil {
		return FoundChains{}, err
	}
	chains := map[digest.Trail]*Chain{}
	chain := func(t digest.Trail) *Chain {
		if chains[t] == nil {
			chains[t] = &Chain{Trail: t, Bucket: bucket}
		}
		return chains[t]
	}
	about := map[string]bool{} // folders of log files, by digests of any trail
	for _, folder := range folders {
		wanted := false
		err := list(ctx, o.Objects, bucket, folder, o.Start, o.End, func(t digest.Trail, key string, backfill bool) {
			about[t.LogFolder()] = true
			if f.wants(t) {
				wanted = true
				chain(t).add(key, backfill)
			}
		})
		if err == nil && !wanted && !o.Start.IsZero() {
			err = near(ctx, o.Objects, bucket, folder, o.Start, o.End, func(t digest.Trail, key string, later bool) {
				about[t.LogFolder()] = true
				if f.wants(t) {
					chain(t).miss(key, later)
				}
			})
		}
		if err != nil {
			return FoundChains{}, err
		}
	}
	var found FoundChains
	for _, c := range chains {
		found.Chains = append(found.Chains, *c)
	}
	slices.SortFunc(found.Chains, func(a, b Chain) int { return compareTrails(a.Trail, b.Trail) })
	for _, folder := range search.logFolders {
		if !about[folder] && (f.Name == "" || deliversBeside(found.Chains, folder)) {
			found.Bare = append(found.Bare, digest.Place{Bucket: bucket, Key: folder})
		}
	}
	return found, nil
}

// FindChain lists the digests of one trail that is known already.
func FindChain(ctx context.Context, o source.Objects, bucket string, t digest.Trail, start, end time.Time) (Chain, error) {
	c := Chain{Trail: t, Bucket: bucket}
	err := list(ctx, o, bucket, t.DigestFolder(), start, end, func(found digest.Trail, key string, backfill bool) {
		if found == t {
			c.add(key, backfill)
		}
	})
	return c, err
}

func (c *Chain) add(key string, backfill bool) {
	if backfill {
		c.Backfill = append(c.Backfill, key)
	} else {
		c.Keys = append(c.Keys, key)
	}
}

// keys are the listed digests of a kind.
func (c *Chain) keys(backfill bool) []string {
	if backfill {
		return c.Backfill
	}
	return c.Keys
}

func compareTrails(a, b digest.Trail) int {
	return cmp.Or(cmp.Compare(a.Prefix, b.Prefix), cmp.Compare(a.OrganizationID, b.OrganizationID), cmp.Compare(a.Account, b.Account),
		cmp.Compare(a.Name, b.Name), cmp.Compare(a.Home, b.Home), cmp.Compare(a.Region, b.Region))
}

// asFolder makes a folder of what a user gives as prefix. Of a place below the
// folder of a Region only that folder counts, of one among the log files the account's.
func asFolder(prefix string) string {
	prefix = strings.TrimPrefix(prefix, "/")
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	parts := strings.SplitAfter(prefix, "/")
	for i, part := range parts {
		switch part {
		case event.DigestFiles + "/":
			return strings.Join(parts[:min(i+2, len(parts))], "")
		case event.LogFiles + "/", event.InsightsFiles + "/":
			return strings.Join(parts[:i], "")
		}
	}
	return prefix
}

// deepest is how many folders down AWSLogs is looked for.
const deepest = 6

// mostFolders is how many folders are looked into that are not below AWSLogs.
const mostFolders = 1000

// A TooManyFoldersError says that a place has too much else in it.
type TooManyFoldersError struct{ Place digest.Place }

func (e *TooManyFoldersError) Error() string {
	return fmt.Sprintf("%s: %d folders were looked into and not all were seen: name the folder that has AWSLogs in it, such as %s", e.Place, mostFolders, digest.Place{Bucket: e.Place.Bucket, Key: "PREFIX/"})
}

// A folderSearch looks for AWSLogs.
type folderSearch struct {
	objects source.Objects
	bucket  string
	filter  TrailFilter
	outside int // folders looked into that are not below AWSLogs
	// logs says that logFolders are wanted too: those of the log files of one
	// account and Region.
	logs       bool
	logFolders []string
}

// below finds the folders that hold the digests of one account and Region,
// without looking into others.
func (s *folderSearch) below(ctx context.Context, folder string, depth int) ([]string, error) {
	f := s.filter
	here, above := path.Base(folder), path.Base(path.Dir(strings.TrimSuffix(folder, "/")))
	if above == event.DigestFiles {
		return []string{folder}, nil
	}
	if above == event.LogFiles && s.logs {
		s.logFolders = append(s.logFolders, folder)
		return nil, nil
	}
	if !strings.Contains("/"+folder, "/AWSLogs/") {
		if s.outside++; s.outside > mostFolders {
			return nil, &TooManyFoldersError{digest.Place{Bucket: s.bucket, Key: folder}}
		}
	}
	below, err := s.objects.Folders(ctx, s.bucket, folder)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, next := range below {
		name := path.Base(next)
		var enter bool
		switch {
		case here == event.DigestFiles, here == event.LogFiles && event.IsAccount(above):
			enter = f.Region == "" || f.Region == name
		case event.IsAccount(here):
			enter = name == event.DigestFiles || s.logs && name == event.LogFiles
		case here == "AWSLogs" || strings.HasPrefix(here, "o-") && above == "AWSLogs":
			enter = event.IsAccount(name) && (f.Account == "" || f.Account == name) || strings.HasPrefix(name, "o-")
		default:
			enter = depth < deepest
		}
		if !enter {
			continue
		}
		more, err := s.below(ctx, next, depth+1)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

// dayForm is how folders say the day.
const dayForm = "2006/01/02"

// list visits the digests in a folder of an account and Region that are of the
// time from start (zero: any) to end.
func list(ctx context.Context, o source.Objects, bucket, folder string, start, end time.Time, visit func(t digest.Trail, key string, backfill bool)) error {
	for key, err := range days(ctx, o, bucket, folder, start, end.Add(time.Hour)) {
		if err != nil {
			return err
		}
		t, stamp, backfill, ok := digest.ParseKey(key)
		if ok && digest.InRange(stamp, start, end) {
			visit(t, key, backfill)
		}
	}
	return nil
}

// days gives the keys in a folder of an account and Region that are in the
// folders of the days from start (zero: any) to end.
func days(ctx context.Context, o source.Objects, bucket, folder string, start, end time.Time) func(func(string, error) bool) {
	after, last := "", folder+end.UTC().Format(dayForm)+"/\xff"
	if !start.IsZero() {
		after = folder + start.UTC().Format(dayForm)
	}
	return func(yield func(string, error) bool) {
		for key, err := range o.Keys(ctx, bucket, folder, after) {
			if err != nil {
				yield("", fmt.Errorf("list %s: %w", digest.Place{Bucket: bucket, Key: folder}, err))
				return
			}
			if key > last || !yield(key, nil) {
				return
			}
		}
	}
}
