package digest

import (
	"strings"
	"time"

	"tocsin/core/event"
)

// A Place is where an object is kept in S3.
type Place struct{ Bucket, Key string }

// String is the place as s3://bucket/key.
func (p Place) String() string { return "s3://" + p.Bucket + "/" + p.Key }

// A Trail is what the digests of one chain have in common: the trail that
// writes them, the account and the Region whose log files they list.
type Trail struct {
	Prefix         string // of the keys, without the slash after it
	OrganizationID string // o-..., of an organization's trail
	Account        string
	Region         string // the source Region: where the events happened
	Name           string // of the trail
	Home           string // the trail's home Region
}

// stampForm is how a digest's end stands in its name.
const stampForm = "20060102T150405Z"

// backfillEnd sets the names of backfill digests apart.
const backfillEnd = "_backfill"

// root is the folder that holds everything of the trail's account.
func (t Trail) root() string {
	root := "AWSLogs/"
	if t.Prefix != "" {
		root = t.Prefix + "/" + root
	}
	if t.OrganizationID != "" {
		root += t.OrganizationID + "/"
	}
	return root + t.Account + "/"
}

// DigestFolder is the folder of the trail's digests, with a slash at its end.
// Other trails of the account may keep theirs there too.
func (t Trail) DigestFolder() string { return t.root() + event.DigestFiles + "/" + t.Region + "/" }

// LogFolder is the folder of the log files that the trail's digests list, with a
// slash at its end. Other trails of the account may deliver there too.
func (t Trail) LogFolder() string { return t.root() + event.LogFiles + "/" + t.Region + "/" }

// Key is the key of the digest that ends at the given time.
func (t Trail) Key(end time.Time, backfill bool) string {
	end = end.UTC()
	key := t.DigestFolder() + end.Format("2006/01/02/") +
		t.Account + "_" + event.DigestFiles + "_" + t.Region + "_" + t.Name + "_" + t.Home + "_" + end.Format(stampForm)
	if backfill {
		key += backfillEnd
	}
	return key + ".json.gz"
}

// ParseKey reads the key of a digest, or a path that ends like one: the trail,
// the time at which the digest ends, and whether it is a backfill digest.
func ParseKey(key string) (t Trail, end time.Time, backfill, ok bool) {
	name, ok := strings.CutSuffix(key, ".json.gz")
	if !ok {
		return Trail{}, time.Time{}, false, false
	}
	name, backfill = strings.CutSuffix(name, backfillEnd)
	k, ok := event.ParseKey(name + ".json.gz")
	if !ok || k.Kind != event.DigestFiles {
		return Trail{}, time.Time{}, false, false
	}
	t = Trail{Prefix: k.Prefix, OrganizationID: k.OrganizationID, Account: k.Account, Region: k.Region, Name: k.Trail, Home: k.Home}
	// What says the same in another way, such as with fractions of seconds or other
	// folders of the day, is not what CloudTrail writes.
	return t, k.Time, backfill, strings.HasSuffix(key, t.Key(k.Time, backfill))
}

// stampOf reads the end of a digest from the place in its key where it has to
// stand, whatever stands around it.
func stampOf(key string) (time.Time, bool) {
	name := strings.TrimSuffix(strings.TrimSuffix(key, ".json.gz"), backfillEnd)
	if len(name) < len(stampForm) {
		return time.Time{}, false
	}
	t, err := time.Parse(stampForm, name[len(name)-len(stampForm):])
	return t, err == nil
}
