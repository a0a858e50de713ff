package digest

import "encoding/json"

// A Reason is why a digest or a log file is what it is.
type Reason uint8

const (
	Valid         Reason = iota
	NotFound             // named, but not in the bucket
	BadFormat            // not gzip, not JSON, or a member is missing
	Moved                // it does not say that it belongs where it was found
	NoSignature          // the object has no signature in its metadata
	BadSignature         // the signature is not of this content
	OddSignature         // the signature in the metadata has an odd number of digits
	NotHex               // the signature in the metadata is not hex
	UnknownKey           // no public key with its fingerprint
	BadKey               // the public key cannot be read
	Replaced             // properly signed, but not the digest that the next one names
	WrongHash            // of a log file: the content is not what the digest lists
	TrailingBytes        // of a log file: there are bytes behind the compressed content
	UnknownHash          // of a log file: its hash is of a kind that is not known
	Unreadable           // it is there, but could not be read: nothing is known about it
)

var reasons = [...]struct{ name, text string }{
	Valid:         {"valid", "valid"},
	NotFound:      {"not_found", "missing: it is named, but not there"},
	BadFormat:     {"bad_format", "not in the format that CloudTrail writes"},
	Moved:         {"moved", "not where it was written"},
	NoSignature:   {"no_signature", "no signature: its object metadata are not there"},
	BadSignature:  {"bad_signature", "changed: the signature is not of this content"},
	OddSignature:  {"odd_signature", "the signature in its metadata is damaged"},
	NotHex:        {"not_hex", "the signature in its metadata is damaged"},
	UnknownKey:    {"unknown_key", "no public key with its fingerprint"},
	BadKey:        {"bad_key", "its public key cannot be read"},
	Replaced:      {"replaced", "not the one that the next digest names: another hash or signature"},
	WrongHash:     {"wrong_hash", "changed: the hash is another"},
	TrailingBytes: {"trailing_bytes", "changed: bytes were added behind the compressed content"},
	UnknownHash:   {"unknown_hash", "its hash is of an unknown kind"},
	Unreadable:    {"unreadable", "could not be read"},
}

// String names the reason for programs: bad_signature.
func (r Reason) String() string { return reasons[r].name }

// Text says the reason to people.
func (r Reason) Text() string { return reasons[r].text }

// MarshalJSON writes the name.
func (r Reason) MarshalJSON() ([]byte, error) { return json.Marshal(r.String()) }

// A Verdict is what was found about a digest or a log file, with its grounds.
type Verdict struct {
	Reason Reason
	// Detail says more for people, such as which member is missing; may be nil.
	Detail error
	// Fingerprint is the public key's that the digest asks for, if it was read.
	Fingerprint string
}

// Valid tells whether nothing is wrong.
func (v Verdict) Valid() bool { return v.Reason == Valid }

// Text says the verdict to people.
func (v Verdict) Text() string {
	text := v.Reason.Text()
	switch {
	case v.Detail != nil:
		return text + " (" + v.Detail.Error() + ")"
	case v.Reason == UnknownKey || v.Reason == BadKey:
		return text + " (" + v.Fingerprint + ")"
	}
	return text
}
