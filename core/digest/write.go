package digest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// A Window is what the next digest of a chain is about.
type Window struct {
	Start, End time.Time
	Bucket     string
	Logs       []Log // delivered in the window, newest first
	// Generated makes it a backfill digest, made at that time.
	Generated time.Time
}

// A Link is what has to be kept of a digest so that the next one can be written.
type Link struct {
	Previous Previous
	End      time.Time
}

// A Signed is a digest file ready to be stored.
type Signed struct {
	Place    Place
	Text     []byte // uncompressed
	Metadata map[string]string
	Link     Link
}

// wireFile is the JSON form, its members in the order that CloudTrail writes.
type wireFile struct {
	Account           string    `json:"awsAccountId"`
	Start             string    `json:"digestStartTime"`
	End               string    `json:"digestEndTime"`
	Bucket            string    `json:"digestS3Bucket"`
	Object            string    `json:"digestS3Object"`
	Fingerprint       string    `json:"digestPublicKeyFingerprint"`
	Algorithm         string    `json:"digestSignatureAlgorithm"`
	Newest            *string   `json:"newestEventTime"`
	Oldest            *string   `json:"oldestEventTime"`
	PreviousBucket    *string   `json:"previousDigestS3Bucket"`
	PreviousObject    *string   `json:"previousDigestS3Object"`
	PreviousHash      *string   `json:"previousDigestHashValue"`
	PreviousAlgorithm *string   `json:"previousDigestHashAlgorithm"`
	PreviousSignature *string   `json:"previousDigestSignature"`
	Logs              []wireLog `json:"logFiles"`
}

type wireLog struct {
	Bucket    string  `json:"s3Bucket"`
	Object    string  `json:"s3Object"`
	Hash      string  `json:"hashValue"`
	Algorithm string  `json:"hashAlgorithm"`
	Newest    *string `json:"newestEventTime"`
	Oldest    *string `json:"oldestEventTime"`
}

// Write makes and signs the digest of a window. last is the digest before it;
// nil begins a chain. Times are written in whole seconds.
func Write(t Trail, s Signer, last *Link, w Window) (Signed, error) {
	f := wireFile{
		Account: t.Account, Start: stamp(w.Start), End: stamp(w.End),
		Bucket: w.Bucket, Object: t.Key(w.End, !w.Generated.IsZero()),
		Fingerprint: s.public.Fingerprint, Algorithm: SignatureAlgorithm, Logs: []wireLog{},
	}
	if last != nil {
		p, algorithm := last.Previous, HashAlgorithm
		f.PreviousBucket, f.PreviousObject = &p.Place.Bucket, &p.Place.Key
		f.PreviousHash, f.PreviousAlgorithm, f.PreviousSignature = &p.Hash, &algorithm, &p.Signature
	}
	var newest, oldest time.Time
	for _, l := range w.Logs {
		f.Logs = append(f.Logs, wireLog{l.Place.Bucket, l.Place.Key, l.Hash, HashAlgorithm, timeText(l.Newest), timeText(l.Oldest)})
		if newest.Before(l.Newest) {
			newest = l.Newest
		}
		if oldest.IsZero() || !l.Oldest.IsZero() && l.Oldest.Before(oldest) {
			oldest = l.Oldest
		}
	}
	f.Newest, f.Oldest = timeText(newest), timeText(oldest)
	meta := map[string]string{MetaAlgorithm: SignatureAlgorithm}
	if !w.Generated.IsZero() {
		meta[MetaGenerated] = stamp(w.Generated)
	}
	return sign(f, s, meta)
}

// sign writes the JSON and adds the signature to the metadata.
func sign(f wireFile, s Signer, meta map[string]string) (Signed, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // as CloudTrail writes, and shorter
	if err := e.Encode(f); err != nil {
		return Signed{}, err
	}
	text.Truncate(text.Len() - 1) // the encoder's line break
	parsed, err := Parse(text.Bytes())
	if err != nil {
		return Signed{}, err
	}
	hash := sha256.Sum256(text.Bytes())
	signature, err := s.sign(parsed.ToSign(hash))
	if err != nil {
		return Signed{}, err
	}
	meta[MetaSignature] = signature
	return Signed{
		Place: parsed.Place, Text: text.Bytes(), Metadata: meta,
		Link: Link{Previous{parsed.Place, hex.EncodeToString(hash[:]), signature}, parsed.End},
	}, nil
}

// Object is the digest as a reader finds it.
func (s Signed) Object() Object { return Object{Place: s.Place, Text: s.Text, Metadata: s.Metadata} }

// Compress is the gzip form in which a digest or a log file is stored: one member.
func Compress(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	// Writing to memory does not fail.
	_, _ = z.Write(text)
	_ = z.Close()
	return b.Bytes()
}

// LogOf is the entry for a log file with the given uncompressed content.
func LogOf(p Place, content []byte, oldest, newest time.Time) Log {
	sum := sha256.Sum256(content)
	return Log{Place: p, Hash: hex.EncodeToString(sum[:]), HashAlgorithm: HashAlgorithm, Oldest: oldest, Newest: newest}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// timeText is null for a time that is not known.
func timeText(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := stamp(t)
	return &text
}
