package digest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// An Object is a digest file as it was read.
type Object struct {
	Place Place
	// Text is the uncompressed content; when it could not be inflated, Damage
	// says why.
	Text   []byte
	Damage error
	// Metadata is the object's user metadata, without x-amz-meta- before the names.
	Metadata map[string]string
}

// The names in an object's user metadata.
const (
	MetaSignature = "signature"
	MetaAlgorithm = "signature-algorithm"
	// MetaGenerated is when a backfill digest was made. Only these have it.
	MetaGenerated = "backfill-generation-timestamp"
)

// A Checked is a digest file with what was found about it.
type Checked struct {
	Place   Place
	Verdict Verdict
	// File is nil when it could not be read; do not trust it unless valid. Only
	// then it has its log files.
	File *File
	// Hash is of the text, Signature the one in the metadata.
	Hash      [sha256.Size]byte
	Signature string
	// OutsideKeyPeriod says that a valid digest was signed with a key whose
	// period does not hold the digest's end. AWS does not look at that.
	OutsideKeyPeriod bool
}

// Verify checks one digest: its form, its place and its signature, in the order
// of the AWS CLI, so that of several faults the same one is told.
func Verify(o Object, keys Keys) Checked {
	c := Checked{Place: o.Place}
	c.Verdict = c.check(o, keys)
	return c
}

func (c *Checked) check(o Object, keys Keys) Verdict {
	if o.Damage != nil {
		return Verdict{Reason: BadFormat, Detail: o.Damage}
	}
	c.Hash = sha256.Sum256(o.Text)
	object, err := parseObject(o.Text)
	if err != nil {
		return Verdict{Reason: BadFormat, Detail: err}
	}
	_, hasAlgorithm := o.Metadata[MetaAlgorithm]
	signature, signed := o.Metadata[MetaSignature]
	c.Signature = signature
	file, err := parseHead(object)
	c.File = file
	switch {
	case !signed || !hasAlgorithm:
		return Verdict{Reason: NoSignature}
	case IsBackfill(o.Place.Key) && o.Metadata[MetaGenerated] == "":
		return Verdict{Reason: BadFormat, Detail: errors.New("a backfill digest without " + MetaGenerated + " in its metadata")}
	case err != nil:
		return Verdict{Reason: BadFormat, Detail: err}
	case file.Place != o.Place:
		return Verdict{Reason: Moved, Detail: errors.New("it says that it is " + file.Place.String())}
	}
	v := Verdict{Fingerprint: file.Fingerprint}
	key, known := keys[file.Fingerprint]
	if !known {
		v.Reason = UnknownKey
		return v
	}
	public, err := key.rsa()
	if err != nil {
		v.Reason, v.Detail = BadKey, err
		return v
	}
	v.Reason = checkSignature(signature, func(raw []byte) bool { return verify(public, file.ToSign(c.Hash), raw) })
	if v.Reason != Valid {
		return v
	}
	c.OutsideKeyPeriod = !key.signsAt(file.End)
	// What is not signed may be of any size, and is not worth the memory.
	if file.Logs, err = parseLogs(object); err != nil {
		v.Reason, v.Detail = BadFormat, err
	}
	return v
}

func checkSignature(text string, fits func([]byte) bool) Reason {
	raw, err := hex.DecodeString(text)
	switch {
	case len(text)%2 != 0:
		return OddSignature
	case err != nil:
		return NotHex
	case !fits(raw):
		return BadSignature
	}
	return Valid
}

// IsBackfill tells by its key that a digest is a backfill digest.
func IsBackfill(key string) bool { return strings.HasSuffix(key, backfillEnd+".json.gz") }

// Fits tells whether older is the very digest that the newer one names: the
// same place, hash and signature. The AWS CLI compares the place only, so that a
// digest exchanged for another properly signed one passes there.
func (p Previous) Fits(older Checked) bool {
	return p.Place == older.Place && sameHash(older.Hash, p.Hash) && strings.EqualFold(p.Signature, older.Signature)
}
