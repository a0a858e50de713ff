package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"regexp"
	"strconv"
)

// The prefixes of unique ids [IAM User Guide, unique identifiers].
const (
	UserID    = "AIDA"
	GroupID   = "AGPA"
	RoleID    = "AROA"
	PolicyID  = "ANPA"
	KeyID     = "AKIA" // of access keys
	SessionID = "ASIA" // of temporary access keys
)

// NewID is a unique id: the prefix and 17 letters.
func NewID(prefix string) string { return prefix + rand.Text()[:17] }

// NewKeyID is the id of an access key: the prefix and 16 letters, in which the
// account can be read as in those of AWS.
func NewKeyID(prefix, account string) string {
	bits := make([]byte, 10)
	rand.Read(bits) // it never fails
	if n, err := strconv.ParseUint(account, 10, 40); err == nil {
		head := binary.BigEndian.Uint64(append([]byte{0, 0}, bits[:6]...))
		head = head&(1<<7-1) | n<<7 | 1<<47
		copy(bits, binary.BigEndian.AppendUint64(nil, head)[2:])
	}
	return prefix + base32.StdEncoding.EncodeToString(bits)
}

var keyForm = regexp.MustCompile(`^A[A-Z]{3}[Q-Z2-7][A-Z2-7]{15}$`)

// AccountOf reads the account in the id of an access key; false when it holds
// none, as those that were made before 2019.
func AccountOf(keyID string) (account string, ok bool) {
	if !keyForm.MatchString(keyID) {
		return "", false
	}
	bits, err := base32.StdEncoding.DecodeString(keyID[4:])
	if err != nil {
		return "", false
	}
	head := binary.BigEndian.Uint64(append([]byte{0, 0}, bits[:6]...))
	digits := strconv.FormatUint(head&^(1<<47)>>7, 10)
	if len(digits) > 12 {
		return "", false
	}
	return "000000000000"[len(digits):] + digits, true
}

// NewSecret is a secret access key: 40 characters, 240 bits.
func NewSecret() string { return randomText(30) }

// NewToken is a session token.
func NewToken() string { return "IQoJ" + randomText(192) }

func randomText(n int) string {
	b := make([]byte, n)
	rand.Read(b) // it never fails
	return base64.StdEncoding.EncodeToString(b)
}

// HashToken is what is stored of a session token.
func HashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
