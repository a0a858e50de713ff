package sigv4

import "net/http"

// An Error is a refusal, with AWS's code and text.
type Error struct {
	Status        int // of HTTP
	Code, Message string
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

func refuse(status int, code, message string) *Error { return &Error{status, code, message} }

func incomplete(message string) *Error {
	return refuse(http.StatusBadRequest, "IncompleteSignature", message)
}
