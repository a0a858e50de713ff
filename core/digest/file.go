package digest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// A File is what a digest file says.
type File struct {
	Account     string
	Start, End  time.Time // of the window whose deliveries it lists
	Place       Place     // where it was written
	Fingerprint string    // of the public key that its signature is made for
	Algorithm   string    // of the signature, SHA256withRSA
	// Newest and Oldest are the times of the newest and oldest event in the log
	// files; zero in an empty digest. They may lie outside the window.
	Newest, Oldest time.Time
	// Previous is zero in a starting digest.
	Previous Previous
	Logs     []Log

	// The first and last line of what is signed, exactly as in the file.
	endText, previousSignature string
}

// Previous is what a digest says about the one before it.
type Previous struct {
	Place     Place
	Hash      string // SHA-256 of its text, in hex; leading zeros may be missing
	Signature string // in hex
}

// Named tells whether there is a digest before.
func (p Previous) Named() bool { return p != Previous{} && p.Place.Bucket != "" && p.Place.Key != "" }

// A Log is a log file as a digest lists it.
type Log struct {
	Place          Place
	Hash           string    // of its uncompressed bytes, in hex
	HashAlgorithm  string    // SHA-256
	Newest, Oldest time.Time // of its events
}

// HashAlgorithm and SignatureAlgorithm are the only ones that CloudTrail uses.
const (
	HashAlgorithm      = "SHA-256"
	SignatureAlgorithm = "SHA256withRSA"
)

// A FormatError says what is wrong with the text of a digest file.
type FormatError struct {
	Offset  int64  // in the text, -1 when a whole member is meant
	Member  string // such as logFiles[3].hashValue; empty for the text as a whole
	Message string
}

func (e *FormatError) Error() string {
	switch {
	case e.Member != "":
		return e.Member + ": " + e.Message
	case e.Offset >= 0:
		return fmt.Sprintf("offset %d: %s", e.Offset, e.Message)
	}
	return e.Message
}

// Parse reads the uncompressed text of a digest file. It passes over members
// that it does not know and over times of events that it cannot read; it is
// strict about all that a verdict depends on. Errors are *FormatError.
func Parse(text []byte) (*File, error) {
	object, err := parseObject(text)
	if err != nil {
		return nil, err
	}
	f, err := parseHead(object)
	if err == nil {
		f.Logs, err = parseLogs(object)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// parseLogs takes the list of log files out of a digest's members.
func parseLogs(object map[string]json.RawMessage) ([]Log, error) {
	m := members{object: object}
	logs := m.logs()
	return logs, m.err
}

// parseHead takes all that a digest says but its list of log files out of its members.
func parseHead(object map[string]json.RawMessage) (*File, error) {
	m := members{object: object}
	f := &File{
		Account:     m.optional("awsAccountId"),
		Start:       m.time("digestStartTime"),
		End:         m.time("digestEndTime"),
		Place:       Place{m.text("digestS3Bucket"), m.text("digestS3Object")},
		Fingerprint: m.text("digestPublicKeyFingerprint"),
		Algorithm:   m.optional("digestSignatureAlgorithm"),
		Newest:      eventTime(m.optional("newestEventTime")),
		Oldest:      eventTime(m.optional("oldestEventTime")),
		Previous: Previous{
			Place: Place{m.optional("previousDigestS3Bucket"), m.optional("previousDigestS3Object")},
			Hash:  m.optional("previousDigestHashValue"),
		},
	}
	f.endText = m.text("digestEndTime")
	f.Previous.Signature, f.previousSignature = m.nullable("previousDigestSignature")
	if m.err != nil {
		return nil, m.err
	}
	return f, nil
}

// parseObject checks that text is one JSON object and splits it into members.
func parseObject(text []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(text) {
		return nil, &FormatError{Offset: int64(firstInvalid(text)), Message: "not UTF-8"}
	}
	var object map[string]json.RawMessage
	err := json.Unmarshal(text, &object)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return nil, &FormatError{Offset: syntax.Offset, Message: "not JSON: " + syntax.Error()}
	case err != nil || object == nil:
		return nil, &FormatError{Offset: -1, Message: "not a JSON object"}
	}
	return object, nil
}

func firstInvalid(text []byte) int {
	return len(text) - len(bytes.TrimLeftFunc(text, func(r rune) bool { return r != utf8.RuneError }))
}

// members takes typed members out of an object and keeps the first error.
type members struct {
	object map[string]json.RawMessage
	path   string
	err    error
}

func (m *members) fail(name, message string) {
	if m.err == nil {
		m.err = &FormatError{Offset: -1, Member: m.path + name, Message: message}
	}
}

// text is a member that has to be there and to be a string.
func (m *members) text(name string) string {
	raw, there := m.object[name]
	switch {
	case !there:
		m.fail(name, "is missing")
	case raw[0] != '"':
		m.fail(name, "is "+kindOf(raw)+", must be text")
	default:
		return decode(raw)
	}
	return ""
}

// optional is a member that may be missing or null, but is a string otherwise.
func (m *members) optional(name string) string {
	raw, there := m.object[name]
	if !there || string(raw) == "null" {
		return ""
	}
	return m.text(name)
}

// nullable is a member that has to be there: a string, or null. signed is the
// form that it takes in the text that is signed.
func (m *members) nullable(name string) (value, signed string) {
	if raw, there := m.object[name]; there && string(raw) == "null" {
		return "", "null" // the four letters
	}
	value = m.text(name)
	return value, value
}

func (m *members) time(name string) time.Time {
	text := m.text(name)
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		m.fail(name, fmt.Sprintf("%q is no time such as 2024-03-07T09:12:30Z", text))
	}
	return t.UTC()
}

// logs reads the list of log files.
func (m *members) logs() []Log {
	raw, there := m.object["logFiles"]
	if !there {
		m.fail("logFiles", "is missing")
		return nil
	}
	if string(raw) == "null" {
		return nil
	}
	if raw[0] != '[' {
		m.fail("logFiles", "is "+kindOf(raw)+", must be a list")
		return nil
	}
	var logs []Log
	// One element after another: as maps all of them would take ten times the text.
	list := json.NewDecoder(bytes.NewReader(raw))
	if _, err := list.Token(); err != nil {
		panic(err) // it is the bracket that was looked at
	}
	for i := 0; list.More(); i++ {
		var object map[string]json.RawMessage
		switch err := list.Decode(&object); {
		case err != nil:
			m.fail("logFiles", "has an element that is not an object")
			return nil
		case object == nil:
			m.fail(fmt.Sprintf("logFiles[%d]", i), "is null, must be an object")
			return nil
		}
		e := members{object: object, path: fmt.Sprintf("logFiles[%d].", i)}
		logs = append(logs, Log{
			Place: Place{e.text("s3Bucket"), e.text("s3Object")}, Hash: e.text("hashValue"), HashAlgorithm: e.optional("hashAlgorithm"),
			Newest: eventTime(e.optional("newestEventTime")), Oldest: eventTime(e.optional("oldestEventTime")),
		})
		if e.err != nil {
			if m.err == nil {
				m.err = e.err
			}
			return nil
		}
	}
	return logs
}

// decode reads a JSON string that is known to be valid.
func decode(raw json.RawMessage) string {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		panic(err) // the text around it was parsed before
	}
	return strings.Clone(s)
}

// kindOf names what a JSON value is.
func kindOf(raw json.RawMessage) string {
	switch raw[0] {
	case '"':
		return "text"
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 't', 'f':
		return "a truth value"
	case 'n':
		return "null"
	}
	return "a number"
}

// eventTime reads a time that no verdict depends on: zero when it cannot.
func eventTime(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
