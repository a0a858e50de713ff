package digest

import "crypto/sha256"

// SignText is the signature that a digest with that text has to have; "" when
// it is none.
func SignText(s Signer, text []byte) string {
	f, err := Parse(text)
	if err != nil {
		return ""
	}
	signature, err := s.sign(f.ToSign(sha256.Sum256(text)))
	if err != nil {
		return ""
	}
	return signature
}
