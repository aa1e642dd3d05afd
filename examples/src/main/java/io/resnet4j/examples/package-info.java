/** Short programs that use the library as a stranger would: its public classes alone. */
@org.jspecify.annotations.NullMarked
package io.resnet4j.examples;
