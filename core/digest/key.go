package digest

import (
	"crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// A PublicKey is a key as ListPublicKeys gives it.
type PublicKey struct {
	// Fingerprint is the MD5 of Value in lower-case hex. It only names the key.
	Fingerprint string
	// Value is the DER form of a PKCS #1 RSAPublicKey.
	Value []byte
	// The key signs from ValidFrom until ValidTo; the periods of a Region's keys
	// overlap. Zero when not known.
	ValidFrom, ValidTo time.Time
}

// Fingerprint names a public key as CloudTrail does.
func Fingerprint(value []byte) string {
	sum := md5.Sum(value)
	return hex.EncodeToString(sum[:])
}

// rsa reads the key itself.
func (k PublicKey) rsa() (*rsa.PublicKey, error) { return x509.ParsePKCS1PublicKey(k.Value) }

// signsAt tells whether the key's period holds t, as far as the period is known.
func (k PublicKey) signsAt(t time.Time) bool {
	return (k.ValidFrom.IsZero() || !t.Before(k.ValidFrom)) && (k.ValidTo.IsZero() || !t.After(k.ValidTo))
}

// Keys are public keys by their fingerprints.
type Keys map[string]PublicKey

// listedKey is an element of what ListPublicKeys answers.
type listedKey struct {
	Value             string
	Fingerprint       string
	ValidityStartTime moment `json:",omitzero"`
	ValidityEndTime   moment `json:",omitzero"`
}

// ReadKeys reads public keys from what `aws cloudtrail list-public-keys` prints,
// or from the list within it alone. Every key has to fit its fingerprint.
func ReadKeys(text []byte) (Keys, error) {
	var answer struct{ PublicKeyList []listedKey }
	if err := json.Unmarshal(text, &answer); err != nil {
		if json.Unmarshal(text, &answer.PublicKeyList) != nil {
			return nil, fmt.Errorf("not the output of list-public-keys: %w", err)
		}
	}
	if len(answer.PublicKeyList) == 0 {
		return nil, fmt.Errorf("no public keys: PublicKeyList is missing or empty")
	}
	keys := Keys{}
	for i, k := range answer.PublicKeyList {
		value, err := base64.StdEncoding.DecodeString(k.Value)
		if err != nil {
			return nil, fmt.Errorf("PublicKeyList[%d].Value: %w", i, err)
		}
		if got := Fingerprint(value); got != k.Fingerprint {
			return nil, fmt.Errorf("PublicKeyList[%d]: Fingerprint is %s, but that of Value is %s", i, k.Fingerprint, got)
		}
		keys[k.Fingerprint] = PublicKey{k.Fingerprint, value, time.Time(k.ValidityStartTime), time.Time(k.ValidityEndTime)}
	}
	return keys, nil
}

// AppendJSON writes keys in the form that ReadKeys reads, ordered by fingerprint.
func (ks Keys) AppendJSON(dst []byte) []byte {
	var list struct{ PublicKeyList []listedKey }
	list.PublicKeyList = []listedKey{}
	for _, name := range sortedNames(ks) {
		k := ks[name]
		list.PublicKeyList = append(list.PublicKeyList, listedKey{
			base64.StdEncoding.EncodeToString(k.Value), k.Fingerprint, moment(k.ValidFrom), moment(k.ValidTo),
		})
	}
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		panic(err) // texts and times can always be written
	}
	return append(append(dst, text...), '\n')
}

// A moment is a time as the AWS CLI prints it: seconds since 1970, or text.
type moment time.Time

func (m moment) IsZero() bool { return time.Time(m).IsZero() }

func (m moment) MarshalJSON() ([]byte, error) { return time.Time(m).UTC().MarshalJSON() }

// endOfTime is the end of the year 9999, behind which times cannot be written.
const endOfTime = 253402300800

func (m *moment) UnmarshalJSON(text []byte) error {
	var seconds float64
	if json.Unmarshal(text, &seconds) == nil {
		if string(text) == "null" {
			return nil
		}
		whole, part := math.Modf(seconds)
		if whole < 0 || whole >= endOfTime {
			return fmt.Errorf("%s seconds since 1970 are no time of a key", text)
		}
		*m = moment(time.Unix(int64(whole), int64(part*1e9)).UTC())
		return nil
	}
	var t time.Time
	if err := t.UnmarshalJSON(text); err != nil {
		return err
	}
	*m = moment(t.UTC())
	return nil
}
