package events

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"tocsin/store/blob"
	"tocsin/store/state"
)

const hour = int64(time.Hour / time.Millisecond)

// hourOf is the start of the hour of a time.
func hourOf(at int64) int64 {
	rest := at % hour
	if rest < 0 {
		rest += hour
	}
	return at - rest
}

// keyOf names a segment of a group: after the hour, so that readers of Parquet
// find it by the folders, after its content, and by a random text, so that what
// became garbage once is never needed again.
func keyOf(group state.LogGroup, hour int64, file []byte) string {
	at := time.UnixMilli(hour).UTC()
	sum := sha256.Sum256(file)
	random := make([]byte, 4)
	_, _ = rand.Read(random) // never fails
	return fmt.Sprintf("log_group=%s/date=%s/hour=%02d/%s-%s.parquet",
		folderOf(group), at.Format(time.DateOnly), at.Hour(), hex.EncodeToString(sum[:12]), hex.EncodeToString(random))
}

// folderOf is a group's name with everything percent-encoded that a folder of
// Hive's kind or a blob's key cannot hold; when that is too long, its beginning
// and its hash. Groups of the same name in several accounts or Regions share it.
func folderOf(group state.LogGroup) string {
	var b strings.Builder
	for _, c := range []byte(group.Name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	name := b.String()
	if most := blob.MaxKeyPart - len("log_group="); len(name) > most {
		sum := sha256.Sum256([]byte(group.Name))
		tail := "-" + hex.EncodeToString(sum[:8])
		name = name[:most-len(tail)] + tail
	}
	return name
}
