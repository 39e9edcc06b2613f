// shell stands before busybox's sh and env. Debian's sh drops environment variables whose names are no identifiers,
// which the upstream image's hands on; so they travel from one to the other in a variable of their own.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

const carrier = "CARRIED_ENVIRONMENT"

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

func main() {
	var plain, odd []string
	for _, one := range os.Environ() {
		if carried, found := strings.CutPrefix(one, carrier+"="); found {
			_ = json.Unmarshal([]byte(carried), &odd)
		} else if identifier.MatchString(one) {
			plain = append(plain, one)
		} else {
			odd = append(odd, one)
		}
	}
	isEnv := filepath.Base(os.Args[0]) == "env"
	// Debian's sh has an env within itself, which knows nothing of the carrier.
	asksShell := !isEnv && len(os.Args) == 3 && os.Args[1] == "-c" && os.Args[2] == "env"
	if isEnv && len(os.Args) == 1 || asksShell {
		fmt.Println(strings.Join(append(plain, odd...), "\n"))
		return
	}
	if isEnv {
		plain = append(plain, odd...)
	} else if len(odd) > 0 {
		carried, _ := json.Marshal(odd)
		plain = append(plain, carrier+"="+string(carried))
	}
	fmt.Fprintln(os.Stderr, syscall.Exec("/bin/busybox", os.Args, plain))
	os.Exit(127)
}
