package evidence

import (
	"bytes"
	"time"
	"unicode/utf8"

	"tocsin/core/event"
)

// A Text is one of the things that a Reader takes out of a record.
type Text int

// The texts. Those up to ErrorMessage stand in the record as they are.
const (
	Name Text = iota
	Source
	Account // of the recipient, else of who acted
	Region
	Address
	UserAgent
	ErrorCode
	EventID
	AccessKey
	ErrorMessage
	Principal // who acted: the ARN, or the best there is
	Action    // as IAM policies write it: ec2:RunInstances
	texts
)

// What Principal and Account are made of, in the slots behind the texts that
// stand in the record.
const (
	identityARN = Principal + iota
	identityType
	identityUserName
	identityInvokedBy
	identityAccount
	identityPrincipalID
	slots
)

func paths() []event.Path {
	return []event.Path{
		Name:                event.Members("eventName"),
		Source:              event.Members("eventSource"),
		Account:             event.Members("recipientAccountId"),
		Region:              event.Members("awsRegion"),
		Address:             event.Members("sourceIPAddress"),
		UserAgent:           event.Members("userAgent"),
		ErrorCode:           event.Members("errorCode"),
		EventID:             event.Members("eventID"),
		AccessKey:           event.Members("userIdentity", "accessKeyId"),
		ErrorMessage:        event.Members("errorMessage"),
		identityARN:         event.Members("userIdentity", "arn"),
		identityType:        event.Members("userIdentity", "type"),
		identityUserName:    event.Members("userIdentity", "userName"),
		identityInvokedBy:   event.Members("userIdentity", "invokedBy"),
		identityAccount:     event.Members("userIdentity", "accountId"),
		identityPrincipalID: event.Members("userIdentity", "principalId"),
	}
}

// MaxText bounds every text of a Reader, in bytes.
const MaxText = 1024

// A Reader takes out of a record who did what. It belongs to one goroutine and
// keeps its memory from one record to the next.
type Reader struct {
	extractor *event.Extractor
	found     [slots][]byte
	principal []byte
	action    []byte
}

// NewReader is a Reader that is ready.
func NewReader() *Reader {
	return &Reader{extractor: event.NewExtractor(event.NewFields(paths()...))}
}

// Read reads a record. What it does not tell is empty; of something that is no
// record, all is.
func (r *Reader) Read(record []byte) {
	values, ok := r.extractor.Extract(record)
	for i := range r.found {
		r.found[i] = r.found[i][:0]
		if ok && (values[i].Kind == event.String || values[i].Kind == event.Number) {
			r.found[i] = clip(values[i].AppendText(r.found[i]), MaxText)
		}
	}
	if len(r.found[Account]) == 0 {
		r.found[Account] = append(r.found[Account], r.found[identityAccount]...)
	}
	r.principal = r.appendPrincipal(r.principal[:0])
	r.action = appendAction(r.action[:0], r.found[Source], r.found[Name])
}

// Text is a text of the record read last, valid until the next is read.
func (r *Reader) Text(t Text) []byte {
	switch t {
	case Principal:
		return r.principal
	case Action:
		return r.action
	}
	return r.found[t]
}

// appendPrincipal names who acted: the ARN, or the best that the kinds of
// identity without one have (section "userIdentity" of the CloudTrail guide).
func (r *Reader) appendPrincipal(to []byte) []byte {
	kind := r.found[identityType]
	for _, slot := range [...]Text{identityARN, identityUserName, identityInvokedBy, identityPrincipalID, identityAccount} {
		if text := r.found[slot]; len(text) > 0 {
			if slot != identityARN && slot != identityInvokedBy && len(kind) > 0 {
				to = append(append(to, kind...), ' ')
			}
			return append(to, text...)
		}
	}
	return append(to, kind...)
}

// serviceDomain ends the names of event sources and says nothing.
const serviceDomain = ".amazonaws.com"

// appendAction writes an action as IAM policies do: ec2:RunInstances.
func appendAction(to, source, name []byte) []byte {
	if len(name) == 0 {
		return to
	}
	if source = bytes.TrimSuffix(source, []byte(serviceDomain)); len(source) > 0 {
		to = append(append(to, source...), ':')
	}
	return append(to, name...)
}

// clip cuts a text to at most limit bytes, not within a character.
func clip(text []byte, limit int) []byte {
	if len(text) <= limit {
		return text
	}
	end := limit
	for end > limit-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	if !utf8.RuneStart(text[end]) {
		end = limit // this is no UTF-8 anyway
	}
	return text[:end]
}

// MaxEvent is the most that an Event of a Reader takes as JSON, in bytes.
const MaxEvent = 2048

// room is how much of an Event's JSON each text may take; what else stands
// there takes less than 256 bytes.
var room = [texts]int{
	Name: 128, Source: 96, Account: 32, Region: 32, Address: 64, UserAgent: 256,
	ErrorCode: 96, EventID: 64, AccessKey: 64, ErrorMessage: 384, Principal: 512,
}

// Event is what the record read last tells, which happened at that time.
func (r *Reader) Event(at time.Time) Event {
	text := func(t Text) string { return fit(r.Text(t), room[t]) }
	return Event{
		Time: at.UTC(), EventID: text(EventID), Source: text(Source), Name: text(Name),
		Principal: text(Principal), AccessKey: text(AccessKey), Address: text(Address), UserAgent: text(UserAgent),
		Account: text(Account), Region: text(Region), ErrorCode: text(ErrorCode), ErrorMessage: text(ErrorMessage),
	}
}

// fit is the beginning of a text, as valid UTF-8, that takes at most limit bytes
// in a JSON string, whatever its writer escapes.
func fit(text []byte, limit int) string {
	taken := 0
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRune(text[i:])
		if taken += cost(c, size); taken > limit {
			text = text[:i]
			break
		}
		i += size
	}
	return string(bytes.ToValidUTF8(text, []byte(string(utf8.RuneError))))
}

// cost is what a character takes in a JSON string at most.
func cost(c rune, size int) int {
	switch {
	case c < ' ', c == '<', c == '>', c == '&', c == utf8.RuneError, c == '\u2028', c == '\u2029':
		return len(`\u0000`)
	case c == '"', c == '\\':
		return 2
	}
	return size
}
