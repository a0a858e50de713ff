package flow

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"tocsin/core/digest"
)

// A ValidateReport is what the digests of trails prove. Its JSON form is
// documented in docs/validate-logs.md and does not change without a note there.
type ValidateReport struct {
	// Start and End are the time asked for; Start is zero when it was not bounded.
	Start  time.Time     `json:"start,omitzero"`
	End    time.Time     `json:"end"`
	Chains []ChainReport `json:"chains"`
	// Folders are where the log files of these chains lie.
	Folders []FolderReport `json:"folders"`
	// Stored is the comparison with what a server took in, if that was asked for.
	Stored    *StoredReport `json:"stored,omitempty"`
	ElapsedMS int64         `json:"elapsed_ms"`
	// Interrupted says that the report is not the whole truth.
	Interrupted bool `json:"interrupted,omitempty"`
}

// Verdicts counts files by what was found; each is in exactly one count.
type Verdicts struct {
	Valid      int64 `json:"valid"`
	Invalid    int64 `json:"invalid"`
	Missing    int64 `json:"missing"`
	Unreadable int64 `json:"unreadable"`
}

// Total is how many files there should be.
func (v Verdicts) Total() int64 { return v.Valid + v.Invalid + v.Missing + v.Unreadable }

func (v *Verdicts) count(r digest.Reason) {
	switch r {
	case digest.Valid:
		v.Valid++
	case digest.NotFound:
		v.Missing++
	case digest.Unreadable:
		v.Unreadable++
	default:
		v.Invalid++
	}
}

// A ChainReport is about the digests of one trail, account and Region.
type ChainReport struct {
	Bucket         string `json:"bucket"`
	Prefix         string `json:"prefix,omitempty"`
	OrganizationID string `json:"organization_id,omitempty"`
	Account        string `json:"account"`
	Region         string `json:"region"`
	Trail          string `json:"trail"`
	HomeRegion     string `json:"home_region"`
	// Problem is why nothing was checked; all that follows is empty then.
	Problem string `json:"problem,omitempty"`

	Digests  Verdicts `json:"digests"`
	Backfill Verdicts `json:"backfill_digests"`
	// LogFiles are those that valid digests list.
	LogFiles Verdicts `json:"log_files"`
	// Earlier counts the log files, among the valid ones, that an earlier run
	// had validated and this one did not read again.
	Earlier int64 `json:"earlier,omitempty"`
	// Covered is the time of which unbroken digests tell all log files, Holes the
	// rest. Together they are the whole time asked for, without overlap.
	Covered []digest.Span `json:"covered"`
	Holes   []HoleReport  `json:"holes"`
	// Findings are all that is missing or not valid, one by one.
	// Of those about log files there are at most MaxLogFindings; FindingsLeftOut
	// counts the others.
	Findings        []Finding `json:"findings"`
	FindingsLeftOut int64     `json:"findings_left_out,omitempty"`
	// Older is the digest that the oldest one names, when all that is there was
	// asked for: it is not there, or was not looked for in another bucket.
	Older string `json:"older,omitempty"`
	// OutsideKeyPeriod counts valid digests whose end is outside the period of
	// the key that signed them.
	OutsideKeyPeriod int64 `json:"outside_key_period,omitempty"`
}

// A HoleReport is a stretch of time that digests do not cover.
type HoleReport struct {
	digest.Span
	Cause digest.Cause `json:"cause"`
}

// The kinds of files that findings are about.
const (
	KindDigest   = "digest"
	KindBackfill = "backfill digest"
	KindLog      = "log file"
)

// A Finding is a file that is missing or not valid.
type Finding struct {
	Kind   string        `json:"kind"`
	File   string        `json:"file"` // s3://bucket/key, also of a mirror
	Reason digest.Reason `json:"reason"`
	Text   string        `json:"text"`
	// Digest is the one that lists the log file.
	Digest string `json:"digest,omitempty"`
	// Inferred: the name was worked out (see digest.Absent).
	Inferred bool `json:"inferred,omitempty"`
}

// A FolderReport compares a folder of log files with the digests as its
// manifest. Several trails may deliver into one folder.
type FolderReport struct {
	Bucket string `json:"bucket"`
	Folder string `json:"folder"`
	// NoDigests says that there are no digests about its account and Region at all.
	NoDigests bool `json:"no_digests,omitempty"`
	// LogFiles is how many are listed there, of the time asked for.
	LogFiles int64 `json:"log_files"`
	// Unnamed are those that no digest names although their time is covered, at
	// most MaxUnnamed, or without any digests a few; UnnamedLeftOut counts the others.
	Unnamed        []string `json:"unnamed"`
	UnnamedLeftOut int64    `json:"unnamed_left_out,omitempty"`
	// Uncovered counts those that no digest names and of which that can be
	// expected: in a hole, or within an hour of one.
	Uncovered int64 `json:"uncovered"`
}

// MaxLogFindings is how many findings about log files the report of a chain holds.
const MaxLogFindings = 100_000

// MaxUnnamed is how many names of a folder a report holds.
const MaxUnnamed = 10_000

// ValidateProgress is how far a validation is.
type ValidateProgress struct {
	Listed, Digests, LogFiles, Bytes atomic.Int64 // Bytes are uncompressed
}

// Wrong tells whether anything is missing, changed, or not named by any digest.
func (r *ValidateReport) Wrong() bool {
	return slices.ContainsFunc(r.Chains, func(c ChainReport) bool { return len(c.Findings) > 0 }) ||
		slices.ContainsFunc(r.Folders, func(f FolderReport) bool { return len(f.Unnamed) > 0 }) || r.Stored.Wrong()
}

// Failed tells whether some chain could not be checked.
func (r *ValidateReport) Failed() bool {
	return slices.ContainsFunc(r.Chains, func(c ChainReport) bool { return c.Problem != "" })
}

// Incomplete tells whether some of the time asked for is not covered.
func (r *ValidateReport) Incomplete() bool {
	return slices.ContainsFunc(r.Chains, func(c ChainReport) bool { return len(c.Holes) > 0 })
}

// sortFindings orders findings by kind and name, digests first.
func sortFindings(fs []Finding) {
	rank := map[string]int{KindDigest: 0, KindBackfill: 1, KindLog: 2}
	slices.SortFunc(fs, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank[a.Kind], rank[b.Kind]), cmp.Compare(a.File, b.File), cmp.Compare(a.Digest, b.Digest))
	})
}
