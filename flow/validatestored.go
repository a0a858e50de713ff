package flow

import (
	"context"
	"crypto/sha256"
	"path"
	"slices"
	"strings"
	"time"

	"tocsin/core/digest"
	"tocsin/core/event"
	"tocsin/store/state"
)

// A Stored is what a tocsin serve took in, by its marks. Log files are known by
// their names alone, which end in characters that no other name has: so it does
// not matter where the server found them.
type Stored struct {
	DB *state.DB
	// Name is that of the place where it is kept, for the report.
	Name string
}

// A StoredReport compares the log files that valid digests name with those that
// a tocsin serve took in.
type StoredReport struct {
	Data string `json:"data"`
	// Named is how many log files were looked for; each was taken in, was not, or
	// is older than what the server remembers.
	Named     int64 `json:"named"`
	TakenIn   int64 `json:"taken_in"`
	Forgotten int64 `json:"forgotten"`
	// NotTakenIn are the others. None of the lists holds more than MaxUnnamed;
	// LeftOut counts what they lack.
	NotTakenIn []string `json:"not_taken_in"`
	// Damaged are those taken in of which nothing, or not all, could be read.
	Damaged []StoredProblem `json:"damaged"`
	// Unnamed were taken in, and no digest names them although digests cover
	// their time. The names are as the server saw them.
	Unnamed []string `json:"unnamed"`
	LeftOut int64    `json:"left_out,omitempty"`
}

// A StoredProblem is a log file that could not be read as a whole.
type StoredProblem struct {
	File    string `json:"file"`
	Problem string `json:"problem"`
}

// Wrong tells whether something is amiss; there may be no report.
func (r *StoredReport) Wrong() bool {
	return r != nil && len(r.NotTakenIn)+len(r.Damaged)+len(r.Unnamed) > 0
}

// A storedCheck knows the marks by their log files' names; nil knows none.
type storedCheck struct {
	from   *Stored
	report StoredReport
	known  []storedFile // in the order of ids
	// since is when the oldest mark was made; zero when no mark has ever been
	// forgotten. A log file with a later stamp must have its mark.
	since time.Time
}

type storedFile struct {
	id    event.ID
	named bool // by a digest
}

// load reads the marks.
func (s *Stored) load(ctx context.Context) (*storedCheck, error) {
	if s == nil {
		return nil, nil
	}
	c := &storedCheck{from: s, report: StoredReport{Data: s.Name, NotTakenIn: []string{}, Damaged: []StoredProblem{}, Unnamed: []string{}}}
	var marks, ever int64
	var oldest time.Time
	err := s.marks(ctx, func(m state.Mark) {
		if marks++; oldest.IsZero() || m.At.Before(oldest) {
			oldest = m.At
		}
		c.known = append(c.known, storedFile{id: nameID(m.Key)})
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(c.known, func(a, b storedFile) int { return slices.Compare(a.id[:], b.id[:]) })
	c.known = slices.CompactFunc(c.known, func(a, b storedFile) bool { return a.id == b.id })
	err = s.DB.View(ctx, func(tx *state.Tx) error {
		last, err := tx.LastFiles(ctx)
		for _, f := range last {
			ever += f.Files
		}
		return err
	})
	if ever > marks {
		c.since = oldest
		if marks == 0 {
			c.since = time.Unix(1<<40, 0) // all are forgotten
		}
	}
	return c, err
}

// marksAtOnce is how many marks are read in one transaction: the server writes
// meanwhile.
const marksAtOnce = 2000

func (s *Stored) marks(ctx context.Context, visit func(state.Mark)) error {
	for place, more := "", true; more; more = place != "" {
		var page []state.Mark
		if err := s.DB.View(ctx, func(tx *state.Tx) (err error) {
			page, place, err = tx.MarksAfter(ctx, place, marksAtOnce)
			return err
		}); err != nil {
			return err
		}
		for _, m := range page {
			visit(m)
		}
	}
	return nil
}

// nameID stands for a log file's name, whatever folder it lies in.
func nameID(key string) event.ID {
	sum := sha256.Sum256([]byte(path.Base(key)))
	return event.ID(sum[:16])
}

// find looks a log file up.
func (c *storedCheck) find(key string) (*storedFile, bool) {
	id := nameID(key)
	i, found := slices.BinarySearchFunc(c.known, id, func(f storedFile, id event.ID) int { return slices.Compare(f.id[:], id[:]) })
	if !found {
		return nil, false
	}
	return &c.known[i], true
}

// name notes that a digest names a log file, and tells whether it was taken in.
func (c *storedCheck) name(at digest.Place) bool {
	if c == nil {
		return false
	}
	k, ok := event.ParseKey(at.Key)
	if !ok || k.Kind != event.LogFiles {
		return false // Insights files, of which a server may take in none
	}
	c.report.Named++
	f, found := c.find(at.Key)
	switch {
	case found:
		f.named = true
		c.report.TakenIn++
	case k.Time.Before(c.since):
		c.report.Forgotten++
	case len(c.report.NotTakenIn) == MaxUnnamed:
		c.report.LeftOut++
	default:
		c.report.NotTakenIn = append(c.report.NotTakenIn, at.String())
	}
	return found
}

// compare goes over the marks again: what was taken in and is named by no digest,
// though it is of a folder and a time that digests cover.
func (c *storedCheck) compare(ctx context.Context, fs *folders, o ValidateOptions) (*StoredReport, error) {
	if c == nil {
		return nil, nil
	}
	err := c.from.marks(ctx, func(m state.Mark) {
		file, found := c.find(m.Key)
		k, ok := event.ParseKey(m.Source + "/" + m.Key)
		switch {
		case !found || !ok || k.Kind != event.LogFiles: // it came since, or nobody knows what it is
		case file.named && m.Problem != "":
			if len(c.report.Damaged) == MaxUnnamed {
				c.report.LeftOut++
				return
			}
			c.report.Damaged = append(c.report.Damaged, StoredProblem{storedName(m), m.Problem})
		case !file.named && !k.Time.Before(o.Start) && !k.Time.After(o.End) && fs.cover(k):
			if len(c.report.Unnamed) == MaxUnnamed {
				c.report.LeftOut++
				return
			}
			c.report.Unnamed = append(c.report.Unnamed, storedName(m))
		}
	})
	slices.Sort(c.report.NotTakenIn)
	slices.Sort(c.report.Unnamed)
	slices.SortFunc(c.report.Damaged, func(a, b StoredProblem) int { return strings.Compare(a.File, b.File) })
	return &c.report, err
}

// storedName is where the server found a log file.
func storedName(m state.Mark) string { return strings.TrimPrefix(m.Source, "dir:") + "/" + m.Key }

// cover tells whether a log file of that name must be named by a digest.
func (fs *folders) cover(k event.Key) bool {
	return slices.ContainsFunc(fs.order, func(f *folder) bool {
		return f.trail.Account == k.Account && f.trail.Region == k.Region && f.trail.OrganizationID == k.OrganizationID && f.listedBy(k.Time)
	})
}
