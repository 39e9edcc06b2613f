// nnp says whose rights it has; the image that holds it gives it the set-user-ID bit.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Println("Effective uid:", os.Geteuid())
}
