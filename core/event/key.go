package event

import (
	"strings"
	"time"
)

// A Key is what the name of an object says that CloudTrail put into a bucket:
//
//	[prefix/]AWSLogs/[o-id/]account/CloudTrail/region/yyyy/mm/dd/account_CloudTrail_region_yyyymmddThhmmZ_unique.json.gz
//
// Digest files are under CloudTrail-Digest, with the trail's name and home
// Region in the file's name and seconds in its time; Insights files under
// CloudTrail-Insight.
type Key struct {
	Prefix         string // without the slash after it
	OrganizationID string // o-..., of an organization's trail
	Account        string
	Kind           string // LogFiles, DigestFiles or InsightsFiles
	Region         string
	Time           time.Time // UTC; of a log file, no event in it is later
	Unique         string    // the random end of the name; empty for a digest file
	Trail, Home    string    // of a digest file: the trail's name and its home Region
}

// The kinds of files, as the folders in the bucket are called.
const (
	LogFiles      = "CloudTrail"
	DigestFiles   = "CloudTrail-Digest"
	InsightsFiles = "CloudTrail-Insight"
)

// ParseKey reads the key of a log, digest or Insights file, or a path that
// ends like one. False for every other name, the folders' own included.
func ParseKey(key string) (Key, bool) {
	parts := strings.Split(key, "/")
	if len(parts) < 8 {
		return Key{}, false
	}
	// From the end: AWSLogs [o-id] account kind region yyyy mm dd file.
	file, date, parts := parts[len(parts)-1], strings.Join(parts[len(parts)-4:len(parts)-1], ""), parts[:len(parts)-4]
	last := len(parts) - 1
	k := Key{Account: parts[last-2], Kind: parts[last-1], Region: parts[last]}
	parts = parts[:last-2]
	if n := len(parts); n > 0 && strings.HasPrefix(parts[n-1], "o-") {
		k.OrganizationID, parts = parts[n-1], parts[:n-1]
	}
	n := len(parts)
	if n == 0 || parts[n-1] != "AWSLogs" || !IsAccount(k.Account) {
		return Key{}, false
	}
	k.Prefix = strings.Join(parts[:n-1], "/")
	if !k.parseFile(file) || k.Time.Format("20060102") != date {
		return Key{}, false
	}
	return k, true
}

// parseFile reads the last part of the key, which repeats what the folders say.
func (k *Key) parseFile(file string) bool {
	name, ok := strings.CutSuffix(strings.TrimSuffix(file, ".gz"), ".json")
	if !ok {
		return false
	}
	name, ok = strings.CutPrefix(name, k.Account+"_"+k.Kind+"_"+k.Region+"_")
	if !ok {
		return false
	}
	switch k.Kind {
	case LogFiles, InsightsFiles:
		stamp, unique, ok := strings.Cut(name, "_")
		t, err := time.Parse("20060102T1504Z", stamp)
		k.Time, k.Unique = t, unique
		return ok && err == nil && unique != ""
	case DigestFiles:
		// trail_home_stamp; the trail's name may have underscores.
		rest, stamp, ok := cutLast(name)
		trail, home, ok2 := cutLast(rest)
		t, err := time.Parse("20060102T150405Z", stamp)
		k.Time, k.Trail, k.Home = t, trail, home
		return ok && ok2 && err == nil && trail != "" && home != ""
	}
	return false
}

// cutLast splits s around its last underscore.
func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '_')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// IsAccount tells whether s is the 12 digits of an account id.
func IsAccount(s string) bool {
	return len(s) == 12 && number([]byte(s)) >= 0
}

// kindByName tells from a name alone what kind of file it is, also where the
// layout of the folders around it was lost: 111122223333_CloudTrail-Digest_....
func kindByName(name string) string {
	for _, kind := range [...]string{DigestFiles, InsightsFiles} {
		if strings.Contains(name, "/"+kind+"/") || strings.Contains(name, "_"+kind+"_") {
			return kind
		}
	}
	return LogFiles
}
