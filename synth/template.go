package synth

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// A template is JSON text with placeholders in angle brackets. A placeholder
// that occurs twice in the templates of one record has the same value in both
// places, so that a bucket in requestParameters is the bucket in resources; a
// tag after the argument tells two of a kind apart: <guid>, <guid:b>.
//
//	<account> <region> <arn>           of the record's account, its Region, its actor
//	<service> <command> <action>       of its call: s3, get-object, s3:GetObject
//	<outcome>                          Success or Failure
//	<time> <date> <ms>                 eventTime as RFC 3339, as "Mar 3, 2026, 8:00:00 AM", in epoch milliseconds
//	<guid> <GUID>                      a random GUID in lower or upper case
//	<hex:8> <b64:76> <up:16> <an:16>   so many random characters: hex, base64, A-Z0-9, letters and digits
//	<n:1-65535>                        a random number, both ends included
//	<pick:a|b|c>                       one of the texts
//	<id:alice> <key:alice>             17 or 16 characters that stay the same for the name in the account
//	<session:alice> <since:alice>      the name's key of this hour, and when the hour began
//	<bucket> <instance> ...            one of the account's resources, see pools, unless the scene binds the name
type template []part

// A part is literal text, or a placeholder.
type part struct {
	kind   partKind
	text   string     // literal text; of a stable id, the name
	salt   uint64     // tells this placeholder's random numbers from all others' of the record
	lo, hi int        // of a number its ends; of random characters lo is how many
	chars  string     // of random characters, their alphabet
	picks  []template // of a choice
	name   string     // of a pool, which a scene may bind
}

type partKind uint8

const (
	literal partKind = iota
	accountID
	regionName
	serviceName
	commandName
	actionName
	outcome
	actorARN
	eventTime
	eventDate
	eventMillis
	lowerGUID
	upperGUID
	characters
	number
	choice
	stableID
	sessionKey
	sessionStart
	pooledID
)

const (
	hexDigits    = "0123456789abcdef"
	base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	base32Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	upperDigits  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	alphaDigits  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// compile reads a template. A placeholder that it does not know is a mistake in
// the tables of this package, which the tests compile in full: it panics.
func compile(text string) template {
	var t template
	for text != "" {
		open := strings.IndexByte(text, '<')
		if open < 0 {
			return append(t, part{text: text})
		}
		if open > 0 {
			t = append(t, part{text: text[:open]})
		}
		end := strings.IndexByte(text[open:], '>')
		if end < 0 {
			panic(fmt.Sprintf("synth: placeholder without an end in %q", text))
		}
		t = append(t, compilePart(text[open+1:open+end]))
		text = text[open+end+1:]
	}
	return t
}

var plainParts = map[string]partKind{
	"account": accountID,
	"region":  regionName,
	"service": serviceName,
	"command": commandName,
	"action":  actionName,
	"outcome": outcome,
	"arn":     actorARN,
	"time":    eventTime,
	"date":    eventDate,
	"ms":      eventMillis,
}

var alphabets = map[string]string{
	"hex": hexDigits,
	"b64": base64Digits,
	"up":  upperDigits,
	"an":  alphaDigits,
}

func compilePart(text string) part {
	if kind, ok := plainParts[text]; ok {
		return part{kind: kind}
	}
	name, arg, _ := strings.Cut(text, ":")
	p := part{salt: hash(text)}
	switch name {
	case "guid":
		p.kind = lowerGUID
	case "GUID":
		p.kind = upperGUID
	case "hex", "b64", "up", "an":
		size, _, _ := strings.Cut(arg, ":")
		p.kind, p.chars, p.lo = characters, alphabets[name], mustInt(size)
	case "n":
		lo, hi, _ := strings.Cut(arg, "-")
		hi, _, _ = strings.Cut(hi, ":")
		p.kind, p.lo, p.hi = number, mustInt(lo), mustInt(hi)
	case "pick":
		p.kind = choice
		for _, s := range strings.Split(arg, "|") {
			p.picks = append(p.picks, compile(s))
		}
	case "id":
		p.kind, p.text, p.lo = stableID, arg, 17
	case "key":
		p.kind, p.text, p.lo = stableID, arg, 16
	case "session":
		p.kind, p.text = sessionKey, arg
	case "since":
		p.kind, p.text = sessionStart, arg
	default:
		pool, ok := pools[name]
		if !ok {
			panic(fmt.Sprintf("synth: unknown placeholder <%s>", text))
		}
		p.name = name
		if len(pool.names) == 0 {
			p.kind, p.text, p.lo, p.hi = pooledID, pool.prefix, pool.digits, pool.size
			return p
		}
		p.kind = choice
		for _, s := range pool.names {
			p.picks = append(p.picks, compile(s))
		}
	}
	return p
}

func mustInt(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic("synth: " + err.Error())
	}
	return n
}

// A scene is what the placeholders of one record look at.
type scene struct {
	account string
	region  string
	sec     int64  // eventTime in Unix seconds
	seed    uint64 // of this record's random values
	call    *call
	actor   *actor
	failed  bool
	bound   map[string]template // what a story wants in place of a pool's resource
}

// expand appends the text of t in the scene.
func (s *scene) expand(dst []byte, t template) []byte {
	for i := range t {
		dst = s.expandPart(dst, &t[i])
	}
	return dst
}

func (s *scene) expandPart(dst []byte, p *part) []byte {
	if p.name != "" && s.bound != nil {
		if t, ok := s.bound[p.name]; ok {
			return s.expand(dst, t)
		}
	}
	switch p.kind {
	case literal:
		return append(dst, p.text...)
	case accountID:
		return append(dst, s.account...)
	case regionName:
		return append(dst, s.region...)
	case serviceName:
		return append(dst, s.call.service...)
	case commandName:
		return append(dst, s.call.command...)
	case outcome:
		if s.failed {
			return append(dst, "Failure"...)
		}
		return append(dst, "Success"...)
	case actionName:
		return append(append(append(dst, s.call.service...), ':'), s.call.action...)
	case actorARN:
		return s.expand(dst, s.actor.arn)
	case eventTime:
		return time.Unix(s.sec, 0).UTC().AppendFormat(dst, time.RFC3339)
	case eventDate:
		return time.Unix(s.sec, 0).UTC().AppendFormat(dst, "Jan 2, 2006, 3:04:05 PM")
	case eventMillis:
		return append(strconv.AppendInt(dst, s.sec, 10), "000"...)
	case lowerGUID:
		return appendGUID(dst, s.random(p.salt), hexDigits)
	case upperGUID:
		return appendGUID(dst, s.random(p.salt), "0123456789ABCDEF")
	case characters:
		return appendRandom(dst, s.random(p.salt), p.chars, p.lo)
	case number:
		r := s.random(p.salt)
		return strconv.AppendInt(dst, int64(p.lo)+int64(bounded(r.Uint64(), p.hi-p.lo+1)), 10)
	case choice:
		r := s.random(p.salt)
		return s.expand(dst, p.picks[bounded(r.Uint64(), len(p.picks))])
	case stableID:
		return appendRandom(dst, rand.NewPCG(hash(s.account), hash(p.text)), base32Digits, p.lo)
	case sessionKey:
		return appendRandom(dst, rand.NewPCG(hash(s.account)+uint64(s.sessionStart(p.text)), hash(p.text)), base32Digits, 16)
	case sessionStart:
		return time.Unix(s.sessionStart(p.text), 0).UTC().AppendFormat(dst, time.RFC3339)
	case pooledID:
		r := s.random(p.salt)
		which := bounded(r.Uint64(), p.hi)
		dst = append(dst, p.text...)
		return appendRandom(dst, rand.NewPCG(hash(s.account)+uint64(which), hash(p.text)), hexDigits, p.lo)
	}
	panic("synth: part of unknown kind")
}

// random gives the numbers of the placeholder with this salt, the same ones at
// each of its places in the record.
func (s *scene) random(salt uint64) *rand.PCG { return rand.NewPCG(s.seed, salt) }

// sessionStart tells since when the name has had the credentials that it uses
// now: sessions last an hour and begin at a minute of their own.
func (s *scene) sessionStart(name string) int64 {
	shift := int64(hash(name+s.account) % 3600)
	return s.sec - (s.sec+shift)%3600
}

func appendRandom(dst []byte, r *rand.PCG, alphabet string, n int) []byte {
	for range n {
		dst = append(dst, alphabet[bounded(r.Uint64(), len(alphabet))])
	}
	return dst
}

func appendGUID(dst []byte, r *rand.PCG, digits string) []byte {
	hi, lo := r.Uint64(), r.Uint64()
	hi = hi&^0xf000 | 0x4000 // version 4
	lo = lo&^(3<<62) | 1<<63 // variant 10
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, digits[hi>>shift&15])
		if shift == 32 || shift == 16 {
			dst = append(dst, '-')
		}
	}
	dst = append(dst, '-')
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, digits[lo>>shift&15])
		if shift == 48 {
			dst = append(dst, '-')
		}
	}
	return dst
}

// bounded maps a random number to [0, n).
func bounded(r uint64, n int) int { return int((r >> 33) % uint64(n)) }

// hash is FNV-1a, by which names become seeds.
func hash(s string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	return h
}
