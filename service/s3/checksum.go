package s3

import (
	"crypto/md5"  //nolint:gosec // one of S3's checksums
	"crypto/sha1" //nolint:gosec // one of S3's checksums
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"net/http"
	"strconv"
	"strings"
)

// A checksum is one that a client has given an object, or asked for.
type checksum struct {
	Algorithm string `json:"algorithm"` // of algorithms
	Value     string `json:"value"`     // base64, with "-n" behind a composite one
	Type      string `json:"type"`      // FULL_OBJECT or COMPOSITE
}

const (
	fullObject = "FULL_OBJECT"
	composite  = "COMPOSITE"
)

// Polynomials, with their bits reversed.
const (
	castagnoli = 0x82f63b78
	nvme       = 0x9a6c9329ac4bc9b5
)

var (
	tableC    = crc32.MakeTable(castagnoli)
	tableNVME = crc64.MakeTable(nvme)
)

// algorithms are S3's, in the order of its documents.
var algorithms = []string{"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5"}

// unbuilt are S3's as well, but not made here.
var unbuilt = []string{"XXHASH64", "XXHASH3", "XXHASH128"}

func newHash(algorithm string) hash.Hash {
	switch algorithm {
	case "CRC32":
		return crc32.NewIEEE()
	case "CRC32C":
		return crc32.New(tableC)
	case "CRC64NVME":
		return crc64.New(tableNVME)
	case "SHA1":
		return sha1.New() //nolint:gosec // one of S3's checksums
	case "SHA256":
		return sha256.New()
	case "SHA512":
		return sha512.New()
	case "MD5":
		return md5.New() //nolint:gosec // one of S3's checksums
	}
	return nil
}

func header(algorithm string) string { return "X-Amz-Checksum-" + algorithm }

// A claimedSum is what a request says of the checksum of its body.
type claimedSum struct {
	algorithm string // "" for none
	value     string // "" for one that comes behind the body, or is to be made
	trailing  bool
}

// claimed reads x-amz-checksum-*, x-amz-trailer and x-amz-sdk-checksum-algorithm.
func claimed(h http.Header) (sum claimedSum, err error) {
	for _, a := range unbuilt {
		if h.Get(header(a)) != "" || strings.Contains(strings.ToUpper(h.Get("X-Amz-Trailer")), a) || strings.EqualFold(h.Get("X-Amz-Sdk-Checksum-Algorithm"), a) {
			return sum, notBuilt(true, "Checksums of "+a)
		}
	}
	for _, a := range algorithms {
		value := h.Get(header(a))
		if value == "" {
			continue
		}
		if sum.algorithm != "" {
			return sum, faultf("InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		if raw, err := base64.StdEncoding.DecodeString(value); err != nil || len(raw) != newHash(a).Size() {
			return sum, faultf("InvalidRequest", "Value for x-amz-checksum-"+strings.ToLower(a)+" header is invalid.")
		}
		sum = claimedSum{algorithm: a, value: value}
	}
	for name := range strings.SplitSeq(h.Get("X-Amz-Trailer"), ",") {
		a, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(name)), "x-amz-checksum-")
		if !ok {
			continue
		}
		a = strings.ToUpper(a)
		if newHash(a) == nil {
			return sum, faultf("InvalidRequest", "The value specified in the x-amz-trailer header is not supported")
		}
		if sum.algorithm != "" {
			return sum, faultf("InvalidRequest", "Expecting a single x-amz-checksum- header")
		}
		sum = claimedSum{algorithm: a, trailing: true}
	}
	if sum.algorithm == "" {
		a := strings.ToUpper(h.Get("X-Amz-Sdk-Checksum-Algorithm"))
		if a != "" && newHash(a) == nil {
			return sum, faultf("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.")
		}
		// Without a value to compare there is nothing to verify, but the sum is made.
		sum.algorithm = a
	}
	return sum, nil
}

func encoded(h hash.Hash) string { return base64.StdEncoding.EncodeToString(h.Sum(nil)) }

// combine makes the checksum of a whole out of those of its parts, with their
// lengths. A composite one is that of the parts' checksums in a row; a full one,
// which only the CRCs have, is what one pass over all bytes would have given.
func combine(algorithm, kind string, sums []string, sizes []int64) (string, bool) {
	whole := newHash(algorithm)
	crc := uint64(0)
	for i, text := range sums {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || whole == nil || len(raw) != whole.Size() {
			return "", false
		}
		if kind == composite {
			whole.Write(raw) // a hash takes everything
			continue
		}
		switch algorithm {
		case "CRC32":
			crc = joinCRC(crc32.IEEE, 32, crc, uint64(binary.BigEndian.Uint32(raw)), sizes[i])
		case "CRC32C":
			crc = joinCRC(castagnoli, 32, crc, uint64(binary.BigEndian.Uint32(raw)), sizes[i])
		case "CRC64NVME":
			crc = joinCRC(nvme, 64, crc, binary.BigEndian.Uint64(raw), sizes[i])
		default:
			return "", false
		}
	}
	if kind == composite {
		return encoded(whole) + "-" + strconv.Itoa(len(sums)), true
	}
	var raw []byte
	if whole.Size() == 4 {
		raw = binary.BigEndian.AppendUint32(nil, uint32(crc))
	} else {
		raw = binary.BigEndian.AppendUint64(nil, crc)
	}
	return base64.StdEncoding.EncodeToString(raw), true
}

// joinCRC is the CRC of a followed by b, of which b has so many bytes. To append
// zeros to a is to multiply by x, modulo the polynomial; inversion at start and
// end cancels out. Bits are reversed: the highest is that of x to the power 0.
func joinCRC(polynomial uint64, width int, a, b uint64, length int64) uint64 {
	one := uint64(1) << (width - 1)
	multiply := func(p, q uint64) (product uint64) {
		for ; p != 0; p = p << 1 & (one<<1 - 1) {
			if p&one != 0 {
				product ^= q
			}
			if q&1 != 0 {
				q = q>>1 ^ polynomial
			} else {
				q >>= 1
			}
		}
		return product
	}
	factor, square := one, one>>8 // x to the power 0, and 8: a byte
	for n := uint64(length); n != 0; n >>= 1 {
		if n&1 != 0 {
			factor = multiply(factor, square)
		}
		square = multiply(square, square)
	}
	return multiply(factor, a) ^ b
}
