/** Pictures that the application draws: knows the library, and no command or server. */
@NullMarked
package io.resnet4j.app.picture;

import org.jspecify.annotations.NullMarked;
