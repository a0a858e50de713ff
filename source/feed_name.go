package source

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tocsin/core/event"
)

// networkActivity is the folder that AWS's guide names for network activity
// events, beside those that package event knows. Its files are log files; those of
// CloudTrail-Aggregated are sums of events that the log files hold one by one.
const networkActivity = "CloudTrail-NetworkActivity"

// kinds are the folders of an account that hold what is to be taken in.
func (o FeedOptions) kinds() []string {
	kinds := []string{event.LogFiles, networkActivity}
	if o.Insights {
		kinds = append(kinds, event.InsightsFiles)
	}
	return kinds
}

// parseKey is event.ParseKey, for network activity events too.
func parseKey(key string) (event.Key, bool) {
	if k, ok := event.ParseKey(key); ok {
		return k, true
	}
	if !strings.Contains(key, networkActivity) {
		return event.Key{}, false
	}
	return event.ParseKey(strings.ReplaceAll(key, networkActivity, event.LogFiles))
}

// fileName is a name that CloudTrail gives, wherever the file may lie now.
var fileName = regexp.MustCompile(`^\d{12}_(CloudTrail(?:-[A-Za-z]+)?)_[\w-]+_(\d{8}T\d{4,6}Z)(?:_\w+)?\.json(?:\.gz)?$`)

// byCloudTrail tells whether CloudTrail gave a file its name, and whether it is
// one that is to be taken in.
func (o FeedOptions) byCloudTrail(key string) (named, wanted bool) {
	kind := ""
	if k, ok := parseKey(key); ok {
		kind = k.Kind
	} else if m := fileName.FindStringSubmatch(path.Base(key)); m != nil {
		kind = m[1]
	}
	return kind != "", slices.Contains(o.kinds(), kind)
}

// logEnds are what the names of logs end in that others than CloudTrail named.
var logEnds = []string{".json", ".jsonl", ".ndjson", ".gz", ".log"}

// wanted tells by a file's name whether it is to be taken in. What lies below
// AWSLogs has to be CloudTrail's: other services deliver there too. Elsewhere the
// name has to look like a log; names of files that are still being written, such
// as x.json.gz.part, do not.
func (o FeedOptions) wanted(key string) bool {
	if !storable(key) {
		return false
	}
	if named, wanted := o.byCloudTrail(key); named {
		return wanted
	}
	base := path.Base(key)
	if strings.HasPrefix(base, ".") || strings.HasSuffix(base, MetadataSuffix) || strings.HasSuffix(key, "/") ||
		strings.Contains("/"+key, "/AWSLogs/") {
		return false
	}
	return slices.ContainsFunc(logEnds, func(end string) bool { return strings.HasSuffix(base, end) })
}

// storable tells whether a key can stand in a database: S3 has keys of no other kind.
func storable(key string) bool {
	return utf8.ValidString(key) && strings.IndexByte(key, 0) < 0 && len(key) <= maxKey
}

// maxKey is how long a key is at most, in bytes: four times as much as S3 allows.
const maxKey = 4096

// nameTime is the time in a name that CloudTrail gave.
func nameTime(key string) (time.Time, bool) {
	if k, ok := parseKey(key); ok {
		return k.Time, true
	}
	m := fileName.FindStringSubmatch(path.Base(key))
	if m == nil {
		return time.Time{}, false
	}
	for _, form := range []string{"20060102T1504Z", "20060102T150405Z"} {
		if t, err := time.Parse(form, m[2]); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
