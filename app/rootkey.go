package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"tocsin/store/state"
)

// A RootKey is the access key that may do everything.
type RootKey struct {
	ID     string `json:"id"`
	Secret string `json:"secret"`
}

// String hides the secret.
func (k RootKey) String() string { return k.ID }

// GoString hides the secret.
func (k RootKey) GoString() string { return k.ID }

// The environment variables of the root key.
const (
	rootKeyID     = "TOCSIN_ROOT_ACCESS_KEY_ID"
	rootKeySecret = "TOCSIN_ROOT_SECRET_ACCESS_KEY"
)

var (
	keyID        = regexp.MustCompile(`^\w{4,128}$`) // IAM's own have 16 to 128 (IAM API Reference, AccessKey)
	minKeySecret = 8
)

// RootKeyOf is the root key that the environment names, a zero one when it names
// none. A *FileError tells what is wrong with it.
func RootKeyOf(getenv func(string) string) (RootKey, error) {
	k := RootKey{getenv(rootKeyID), getenv(rootKeySecret)}
	wrong := func(format string, a ...any) (RootKey, error) {
		return RootKey{}, &FileError{Places: []Place{{Message: fmt.Sprintf(format, a...)}}}
	}
	switch {
	case k == RootKey{}:
		return k, nil
	case k.ID == "":
		return wrong("%s is set and %s is not: set both, or neither to have a key made", rootKeySecret, rootKeyID)
	case k.Secret == "":
		return wrong("%s is set and %s is not: set both, or neither to have a key made", rootKeyID, rootKeySecret)
	case !keyID.MatchString(k.ID):
		return wrong("%s is no access key id: it has 4 to 128 letters, digits and underscores", rootKeyID)
	case len(k.Secret) < minKeySecret:
		return wrong("%s can be guessed: give it %d characters or more", rootKeySecret, minKeySecret)
	}
	return k, nil
}

// newRootKey makes one of the form of AWS's.
func newRootKey() RootKey {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	random := make([]byte, 16+30)
	rand.Read(random) // it never fails
	id := []byte("AKIA")
	for _, b := range random[:16] {
		id = append(id, letters[int(b)%len(letters)])
	}
	return RootKey{string(id), base64.RawStdEncoding.EncodeToString(random[16:])}
}

const rootKeySetting = "root-key"

// initRootKey settles the root key: the one that was given, else the one that is
// stored, else a new one. Made tells that it is new and nobody knows it.
func initRootKey(ctx context.Context, tx *state.Tx, given, fresh RootKey) (key RootKey, made bool, err error) {
	text, err := tx.Setting(ctx, rootKeySetting)
	if err != nil {
		return RootKey{}, false, err
	}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &key); err != nil || key.ID == "" {
			return RootKey{}, false, errors.New("the root key in the database cannot be read")
		}
	}
	want := given
	switch {
	case given == RootKey{} && text != "":
		return key, false, nil
	case given == RootKey{}:
		want, made = fresh, true
	case given == key:
		return key, false, nil
	}
	stored, err := json.Marshal(want)
	if err != nil {
		return RootKey{}, false, err
	}
	return want, made, tx.SetSetting(ctx, rootKeySetting, string(stored))
}
