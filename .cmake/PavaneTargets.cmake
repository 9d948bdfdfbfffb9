# The functions every folder's CMakeLists.txt is written with.
#
#   pavane_library(NAME n SRCS a.cc HDRS a.h DEPS x)   static library (interface library without SRCS)
#   pavane_binary(NAME n SRCS main.cc DEPS x)          program in bin/
#   pavane_test(NAME n SRCS a_test.cc DEPS x)          Google Test program, one ctest entry: n; its own code
#                                                      is optimized only with OPTIMIZED
#   pavane_benchmark(NAME n SRCS a_bench.cc DEPS x)    Google Benchmark program in bin/
#   pavane_fuzzer(NAME n SRCS a_fuzz.cc DEPS x CORPUS dir)
#   pavane_proto_library(NAME n ROOT dir PROTOS a.proto DEPS x [GRPC])
#   pavane_add_subdirectories(glob...)                 every matching folder that has a CMakeLists.txt
#   pavane_apart(a.cc...)                              sources that a unity build compiles by themselves
#
# A test in tests/unit/store has the labels `unit` and `store`: `ctest -L '^store$'` runs, and the build
# target `tests_store` builds, the tests of that folder. The target `pavane_libraries` builds the
# broker's libraries and nothing else, `pavane_generated` makes the generated sources.

# Our own code: warnings on, and fatal. Foreign and generated code does not get these.
function(pavane_own_code name)
  target_compile_options(${name} PRIVATE -Wall -Wextra $<$<BOOL:${PAVANE_WERROR}>:-Werror>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Wrong about "literal" + std::string in version 12 (GCC bug 105651).
    target_compile_options(${name} PRIVATE -Wno-restrict)
    if(CMAKE_UNITY_BUILD)
      # Takes the sources of a unity build for headers.
      target_compile_options(${name} PRIVATE -Wno-subobject-linkage)
    endif()
  else()
    target_compile_options(${name} PRIVATE -Wthread-safety)
  endif()
endfunction()

# Include roots and macros that all code sees, libraries and programs alike.
function(pavane_common_usage name scope)
  target_include_directories(${name} ${scope} ${PROJECT_SOURCE_DIR}/broker ${PROJECT_SOURCE_DIR})
  target_compile_definitions(${name} ${scope} $<$<BOOL:${PAVANE_FAILPOINTS}>:PAVANE_FAILPOINTS=1>)
  target_link_libraries(${name} ${scope} Threads::Threads)
endfunction()

# Headers below broker/ are included relative to broker/, all others relative to the root.
function(pavane_header_base out)
  if(CMAKE_CURRENT_SOURCE_DIR MATCHES "^${PROJECT_SOURCE_DIR}/broker(/|$)")
    set(${out} ${PROJECT_SOURCE_DIR}/broker PARENT_SCOPE)
  else()
    set(${out} ${PROJECT_SOURCE_DIR} PARENT_SCOPE)
  endif()
endfunction()

function(pavane_library)
  cmake_parse_arguments(ARG "" "NAME" "SRCS;HDRS;DEPS" ${ARGN})
  pavane_header_base(base)
  if(ARG_SRCS)
    add_library(${ARG_NAME} STATIC ${ARG_SRCS})
    set(scope PUBLIC)
    pavane_own_code(${ARG_NAME})
  else()
    add_library(${ARG_NAME} INTERFACE)
    set(scope INTERFACE)
  endif()
  if(ARG_HDRS)
    target_sources(${ARG_NAME} ${scope} FILE_SET HEADERS BASE_DIRS ${base} FILES ${ARG_HDRS})
  endif()
  pavane_common_usage(${ARG_NAME} ${scope})
  target_link_libraries(${ARG_NAME} ${scope} ${ARG_DEPS})
  if(ARG_SRCS)
    pavane_collect(pavane_libraries ${ARG_NAME})
  endif()
endfunction()

# Adds `name` to what the build target `collection` builds.
function(pavane_collect collection name)
  if(NOT TARGET ${collection})
    add_custom_target(${collection})
  endif()
  add_dependencies(${collection} ${name})
endfunction()

function(pavane_binary)
  cmake_parse_arguments(ARG "" "NAME" "SRCS;DEPS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SRCS})
  pavane_own_code(${ARG_NAME})
  pavane_common_usage(${ARG_NAME} PRIVATE)
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_DEPS})
endfunction()

# A source that has its own main() is fine: gtest_main is only taken from the archive if needed.
function(pavane_test)
  cmake_parse_arguments(ARG "OPTIMIZED" "NAME;TIMEOUT" "SRCS;DEPS;ARGS;LABELS" ${ARGN})
  pavane_binary(NAME ${ARG_NAME} SRCS ${ARG_SRCS} DEPS ${ARG_DEPS} GTest::gmock GTest::gtest
                GTest::gtest_main)
  set_target_properties(${ARG_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  if(NOT ARG_OPTIMIZED)
    # Test code runs once: the compiler's time is worth more.
    target_compile_options(${ARG_NAME} PRIVATE -O0)
  endif()
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME} ${ARG_ARGS}
           WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  pavane_folder_labels(labels)
  set_tests_properties(${ARG_NAME} PROPERTIES TIMEOUT ${ARG_TIMEOUT}
                       LABELS "${labels};${ARG_LABELS}")
  foreach(label ${labels})
    pavane_collect(tests_${label} ${ARG_NAME})
  endforeach()
endfunction()

# tests/unit/store: unit;store.
function(pavane_folder_labels out)
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY ${PROJECT_SOURCE_DIR}/tests
             OUTPUT_VARIABLE folder)
  string(REPLACE "/" ";" labels "${folder}")
  list(REMOVE_ITEM labels "..")
  set(${out} "${labels}" PARENT_SCOPE)
endfunction()

function(pavane_benchmark)
  cmake_parse_arguments(ARG "" "NAME" "SRCS;DEPS" ${ARGN})
  pavane_binary(NAME ${ARG_NAME} SRCS ${ARG_SRCS} DEPS ${ARG_DEPS} benchmark::benchmark)
endfunction()

# With PAVANE_FUZZERS the program searches for new inputs; without, it replays its corpus in ctest.
function(pavane_fuzzer)
  cmake_parse_arguments(ARG "" "NAME;CORPUS" "SRCS;DEPS" ${ARGN})
  if(PAVANE_FUZZERS)
    pavane_binary(NAME ${ARG_NAME} SRCS ${ARG_SRCS} DEPS ${ARG_DEPS})
    target_link_options(${ARG_NAME} PRIVATE -fsanitize=fuzzer)
    add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME} -runs=0 ${ARG_CORPUS})
  else()
    pavane_binary(NAME ${ARG_NAME} SRCS ${ARG_SRCS} ${PROJECT_SOURCE_DIR}/tests/support/replay_main.cc
                  DEPS ${ARG_DEPS})
    add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME} ${ARG_CORPUS})
  endif()
  set_target_properties(${ARG_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
endfunction()

# Generated code lies below ${CMAKE_BINARY_DIR}/generated, at its path below ROOT, and is compiled
# without our warnings. With GRPC the files that declare a service get stubs as well.
function(pavane_proto_library)
  cmake_parse_arguments(ARG "GRPC;GRPC_ONLY" "NAME;ROOT" "PROTOS;DEPS" ${ARGN})
  set(generated ${CMAKE_BINARY_DIR}/generated)
  set(sources)
  foreach(proto ${ARG_PROTOS})
    cmake_path(ABSOLUTE_PATH proto NORMALIZE)
    cmake_path(RELATIVE_PATH proto BASE_DIRECTORY ${ARG_ROOT} OUTPUT_VARIABLE relative)
    string(REGEX REPLACE "\\.proto$" "" stem ${relative})
    cmake_path(GET stem PARENT_PATH folder)
    file(MAKE_DIRECTORY ${generated}/${folder})
    if(NOT ARG_GRPC_ONLY)
      pavane_generate(${proto} "${generated}/${stem}.pb" "--cpp_out=${generated}" ${ARG_ROOT})
      list(APPEND sources ${generated}/${stem}.pb.cc)
    endif()
    if(ARG_GRPC OR ARG_GRPC_ONLY)
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${proto})
      file(STRINGS ${proto} services REGEX "^service[ \t]")
      if(services)
        pavane_generate(${proto} "${generated}/${stem}.grpc.pb"
          "--grpc_out=${generated};--plugin=protoc-gen-grpc=${PAVANE_GRPC_CPP_PLUGIN}" ${ARG_ROOT})
        list(APPEND sources ${generated}/${stem}.grpc.pb.cc)
      endif()
    endif()
  endforeach()
  if(sources)
    add_custom_target(${ARG_NAME}_sources DEPENDS ${sources})
    pavane_collect(pavane_generated ${ARG_NAME}_sources)
    add_library(${ARG_NAME} STATIC ${sources})
    target_compile_options(${ARG_NAME} PRIVATE -w -O1)
    set_target_properties(${ARG_NAME} PROPERTIES UNITY_BUILD OFF)
    set(scope PUBLIC)
  else()
    add_library(${ARG_NAME} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${ARG_NAME} SYSTEM ${scope} $<BUILD_INTERFACE:${generated}>)
  target_link_libraries(${ARG_NAME} ${scope} ${ARG_DEPS} protobuf::libprotobuf
    $<$<OR:$<BOOL:${ARG_GRPC}>,$<BOOL:${ARG_GRPC_ONLY}>>:gRPC::grpc++>)
endfunction()

# One protoc run: PROTO to STEM.h and STEM.cc. protoc itself says which imports it read.
function(pavane_generate proto stem flags root)
  add_custom_command(
    OUTPUT ${stem}.cc ${stem}.h
    COMMAND ${PAVANE_PROTOC} ${flags} -I ${root} -I ${PROJECT_SOURCE_DIR}/proto
            --dependency_out=${stem}.d ${proto}
    DEPENDS ${proto}
    DEPFILE ${stem}.d
    COMMENT "protoc ${proto}"
    VERBATIM)
endfunction()

function(pavane_add_subdirectories)
  foreach(pattern ${ARGN})
    file(GLOB lists CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${pattern}/CMakeLists.txt)
    foreach(list ${lists})
      cmake_path(GET list PARENT_PATH folder)
      add_subdirectory(${folder})
    endforeach()
  endforeach()
endfunction()

# With CMAKE_UNITY_BUILD several sources of a target are compiled as one, so names of anonymous
# namespaces count for the whole folder. These sources use names that others have as well, and are
# compiled by themselves.
function(pavane_apart)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
