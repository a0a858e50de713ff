package flow

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"tocsin/core/digest"
	"tocsin/core/event"
)

// folders are the folders of log files that chains are about.
type folders struct {
	byPlace map[digest.Place]*folder
	order   []*folder
	bare    []*folder // of which there are no digests
}

// A folder knows which of its log files digests have named.
type folder struct {
	trail        digest.Trail // one of those that deliver there
	place, found digest.Place // as written; as it is called where it is listed
	named        event.Seen
	proven       [][]digest.Span // of each trail that delivers there
}

func newFolders() *folders { return &folders{byPlace: map[digest.Place]*folder{}} }

// of is the folder of a chain's log files; found is the chain's trail as it was listed.
func (fs *folders) of(c Chain, found digest.Trail) *folder {
	at := digest.Place{Bucket: c.Bucket, Key: c.Trail.LogFolder()}
	f := fs.byPlace[at]
	if f == nil {
		f = &folder{trail: c.Trail, place: at, found: digest.Place{Bucket: c.Bucket, Key: found.LogFolder()}}
		fs.byPlace[at] = f
		fs.order = append(fs.order, f)
	}
	return f
}

// addBare adds folders that no chain is about. CloudTrail writes digests every
// hour, also about no log files: all that is older should be listed.
func (fs *folders) addBare(o ValidateOptions) {
	for _, at := range o.Bare {
		fs.bare = append(fs.bare, &folder{place: at, found: at, proven: [][]digest.Span{{{From: o.Start, To: o.End.Add(-digest.Rhythm)}}}})
	}
}

// wrote says where a chain of a mirror was written, and with it the folders
// beside it.
func (fs *folders) wrote(c Chain, found digest.Trail) {
	for _, f := range fs.bare {
		if at, ok := c.written(found, f.found.Key); ok && c.Bucket != "" {
			f.place = at
		}
	}
}

// name notes that a digest names a log file.
func (f *folder) name(at digest.Place) { f.named.Add(placeID(at)) }

// placeID stands for a place in a small set.
func placeID(at digest.Place) event.ID {
	sum := sha256.Sum256([]byte(at.String()))
	return event.ID(sum[:16])
}

// compare lists the folders and finds what no digest names.
func (fs *folders) compare(ctx context.Context, o ValidateOptions) ([]FolderReport, error) {
	reports := []FolderReport{}
	for i, f := range slices.Concat(fs.order, fs.bare) {
		r := FolderReport{Bucket: f.place.Bucket, Folder: f.place.Key, Unnamed: []string{}, NoDigests: i >= len(fs.order)}
		most := MaxUnnamed
		if r.NoDigests {
			most = mostBare
		}
		for key, err := range days(ctx, o.Objects, f.found.Bucket, f.found.Key, o.Start, o.End) {
			if err != nil {
				return reports, err
			}
			k, ok := event.ParseKey(key)
			if !ok || k.Kind != event.LogFiles || k.Time.Before(o.Start) || k.Time.After(o.End) {
				continue
			}
			r.LogFiles++
			at := digest.Place{Bucket: f.place.Bucket, Key: f.place.Key + key[len(f.found.Key):]}
			switch {
			case !f.named.Add(placeID(at)): // a digest names it
			case !f.listedBy(k.Time):
				r.Uncovered++
			case len(r.Unnamed) == most:
				r.UnnamedLeftOut++
			default:
				r.Unnamed = append(r.Unnamed, at.String())
			}
		}
		if r.LogFiles > 0 || !r.NoDigests {
			reports = append(reports, r)
		}
	}
	return reports, nil
}

// mostBare is how many names are kept of a folder without digests, where all
// log files are alike.
const mostBare = 100

// mayBeLate is how long after its stamp a log file may be delivered and then be
// listed: files come minutes after their stamp, and the digest within the hour.
const mayBeLate = time.Hour

// listedBy tells whether a log file with that stamp must have been listed by
// now: every trail that delivers there is proven from the stamp on, for as long
// as the delivery may have taken.
func (f *folder) listedBy(stamp time.Time) bool {
	for _, spans := range f.proven {
		covered := false
		for _, s := range spans {
			covered = covered || !stamp.Before(s.From) && !stamp.Add(mayBeLate).After(s.To)
		}
		if !covered {
			return false
		}
	}
	return true
}
